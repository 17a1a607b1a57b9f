module dogwatch.dev/hack/testbed/alertmanager

go 1.26.4

require github.com/prometheus/alertmanager v0.34.2
