// Informer is what a Kubernetes program in Go does to know the cluster: shared informers over the typed clientset with
// their default settings. The benchmark compares Dogwatch's watch cache with it.
//
// It prints a line of JSON when it has synced, another after --settle-ms, and with --events N a last one when N events have
// come after the sync; then it ends.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"

	"dogwatch.dev/bench/peers/internal/process"
)

type options struct {
	kubeconfig  string
	contentType string
	nodes       bool
	events      int
	timesFile   string
	settleMs    int
}

type phaseReport struct {
	Phase     string  `json:"phase"`
	Millis    float64 `json:"ms"`
	CPUMillis float64 `json:"cpuMs"`
	Nodes     int     `json:"nodes"`
	Pods      int     `json:"pods"`
	process.Memory
}

func main() {
	start := time.Now()
	var o options
	flag.StringVar(&o.kubeconfig, "kubeconfig", "", "path of the kubeconfig")
	flag.StringVar(&o.contentType, "content-type", "application/json", "what objects are asked for as")
	flag.BoolVar(&o.nodes, "nodes", false, "watch nodes beside pods")
	flag.IntVar(&o.events, "events", 0, "wait for this many pod events after the sync")
	flag.StringVar(&o.timesFile, "times", "", "file that gets each event's time of arrival")
	flag.IntVar(&o.settleMs, "settle-ms", 0, "wait so long before the memory is read again")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, start, o); err != nil {
		fmt.Fprintln(os.Stderr, "informer:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, start time.Time, o options) error {
	client, err := newClient(o)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	pods := factory.Core().V1().Pods().Informer()
	stores := []cache.Store{pods.GetStore()}
	if o.nodes {
		stores = append(stores, factory.Core().V1().Nodes().Informer().GetStore())
	}
	arrivals := newArrivals(o.events)
	if o.events > 0 {
		if _, err := pods.AddEventHandler(arrivals); err != nil {
			return err
		}
	}
	factory.Start(ctx.Done())
	for kind, synced := range factory.WaitForCacheSync(ctx.Done()) {
		if !synced {
			return fmt.Errorf("%v did not sync", kind)
		}
	}
	report("synced", start, stores)
	if o.settleMs > 0 {
		time.Sleep(time.Duration(o.settleMs) * time.Millisecond)
		report("settled", start, stores)
	}
	if o.events == 0 {
		return nil
	}
	return arrivals.finish(ctx, o.timesFile)
}

func newClient(o options) (kubernetes.Interface, error) {
	config, err := clientcmd.BuildConfigFromFlags("", o.kubeconfig)
	if err != nil {
		return nil, err
	}
	config.ContentType = o.contentType
	if o.contentType != runtime.ContentTypeJSON {
		config.AcceptContentTypes = o.contentType + "," + runtime.ContentTypeJSON
	}
	return kubernetes.NewForConfig(config)
}

func report(phase string, start time.Time, stores []cache.Store) {
	line := phaseReport{
		Phase:     phase,
		Millis:    float64(time.Since(start).Microseconds()) / 1000,
		CPUMillis: process.CPUMillis(),
		Pods:      len(stores[0].ListKeys()),
		Memory:    process.ReadMemory(),
	}
	if len(stores) > 1 {
		line.Nodes = len(stores[1].ListKeys())
	}
	process.PrintJSON(line)
}
