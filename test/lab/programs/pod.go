// SPDX-License-Identifier: Apache-2.0

// Go's net/http as a pod: pod NAME PORT
package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
)

func main() {
	name := os.Args[1]
	answer := func(writer http.ResponseWriter, request *http.Request) {
		length, _ := io.Copy(io.Discard, request.Body)
		writer.Header().Set("X-Pod", name)
		fmt.Fprintf(writer, "pod=%s\nuri=%s\nlength=%d\n", name, request.RequestURI, length)
	}
	log.Fatal(http.ListenAndServe(":"+os.Args[2], http.HandlerFunc(answer)))
}
