// A module of its own, as the versions of OpenTelemetry that etcd needs are not those that Kubernetes needs.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
