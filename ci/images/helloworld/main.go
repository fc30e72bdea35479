// Command helloworld stands in for Istio's sample of that name: the same port, path and body, and
// on request the evidence that isthmus judges by.
//
//	GET /hello                 Hello version: v1, instance: helloworld-v1-5d8c…
//	with accept: application/json
//	                           {"version":"v1","pod":"…","cluster":"cluster1","vm":"","headers":{…}}
//	GET /healthz               200
//
// SERVICE_VERSION, HOSTNAME, CLUSTER_ID, VM_NAME and PORT (5000) come from the environment. It ignores SIGTERM and answers
// until it is killed, as the first process of a container does that has no handler for it: by then no
// Service names its pod any more.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

type evidence struct {
	Version string            `json:"version"`
	Pod     string            `json:"pod"`
	Cluster string            `json:"cluster"`
	VM      string            `json:"vm"`
	Headers map[string]string `json:"headers"`
}

func hello(w http.ResponseWriter, r *http.Request) {
	seen := evidence{
		Version: os.Getenv("SERVICE_VERSION"), Pod: os.Getenv("HOSTNAME"),
		Cluster: os.Getenv("CLUSTER_ID"), VM: os.Getenv("VM_NAME"), Headers: headers(r),
	}
	if !strings.Contains(r.Header.Get("accept"), "application/json") {
		fmt.Fprintf(w, "Hello version: %s, instance: %s\n", seen.Version, seen.Pod)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(seen); err != nil {
		log.Printf("answer not written: %v", err)
	}
}

func headers(r *http.Request) map[string]string {
	flat := map[string]string{"host": r.Host}
	for name, values := range r.Header {
		flat[strings.ToLower(name)] = strings.Join(values, ",")
	}
	return flat
}

// Istio's sample knows one port; applications of virtual machines are told theirs.
func port() string {
	if port := os.Getenv("PORT"); port != "" {
		return port
	}
	return "5000"
}

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("/hello", hello)
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	server := &http.Server{Addr: ":" + port(), Handler: mux, ReadHeaderTimeout: 10 * time.Second}

	// Go's runtime handles the signal where a program does not, and would end it.
	signal.Ignore(syscall.SIGTERM)
	log.Fatal(server.ListenAndServe())
}
