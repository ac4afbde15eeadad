// SPDX-License-Identifier: Apache-2.0
// Node's http server as a pod: node pod.js NAME PORT

const http = require("http");
const [name, port] = process.argv.slice(2);

http.createServer((request, response) => {
    let length = 0;
    request.on("data", (piece) => { length += piece.length; });
    request.on("end", () => {
        response.setHeader("X-Pod", name);
        response.end(`pod=${name}\nuri=${request.url}\nlength=${length}\n`);
    });
}).listen({port: Number(port), host: "::"});
