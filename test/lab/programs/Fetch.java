// SPDX-License-Identifier: Apache-2.0
// Java's HttpClient as it comes: java Fetch.java ADDRESS COUNT PATH...
// Asks for the paths in turn and prints "status version pod first-line-of-body" of each reply.

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

public class Fetch {
    public static void main(String[] arguments) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        int count = Integer.parseInt(arguments[1]);
        for (int number = 0; number < count; number++) {
            String path = arguments[2 + number % (arguments.length - 2)] + number;
            HttpRequest request = HttpRequest
                .newBuilder(URI.create("http://" + arguments[0] + path))
                .header("X-Number", Integer.toString(number)).build();
            HttpResponse<String> reply =
                client.send(request, HttpResponse.BodyHandlers.ofString());
            System.out.println(reply.statusCode() + " " + reply.version() + " "
                + reply.headers().firstValue("X-Pod").orElse("-") + " "
                + reply.body().lines().findFirst().orElse(""));
        }
    }
}
