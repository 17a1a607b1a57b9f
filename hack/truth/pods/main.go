// Writes test/fixtures/pods/resources.json: random pods, and what upstream's helpers make of their requests and limits:
// `row` as a row of `kubectl describe node` counts them (with the status), `total` as its total does (spec only).
//
//	cd hack/truth && go run ./pods > ../../test/fixtures/pods/resources.json
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"

	v1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/resource"
)

type object = map[string]any

var random = rand.New(rand.NewSource(1360))

var quantities = map[string][]string{
	"cpu":               {"100m", "250m", "0.5", "1", "1.250", "2", "1e0", "3E0", "500000u", "100000000n", "0.1", "15e-1", "0"},
	"memory":            {"64Mi", "128Mi", "1Gi", "1.5Gi", "500M", "1G", "1e9", "128974848", "100k", "0.5Gi", "1025Ki", "12e6", "1000000000000m", "0"},
	"ephemeral-storage": {"1Gi", "2G", "1e9", "500Mi", "10Gi"},
	"hugepages-2Mi":     {"2Mi", "4Mi", "64Mi", "128Mi"},
	"example.com/gpu":   {"1", "2", "4"},
}

var names = []string{"cpu", "memory", "ephemeral-storage", "hugepages-2Mi", "example.com/gpu"}

func chance(percent int) bool { return random.Intn(100) < percent }

func list(percent int, of ...string) object {
	result := object{}
	for _, name := range of {
		if chance(percent) {
			result[name] = quantities[name][random.Intn(len(quantities[name]))]
		}
	}
	return result
}

func resources() object {
	result := object{}
	if chance(85) {
		result["requests"] = list(70, names...)
	}
	if chance(60) {
		result["limits"] = list(60, names...)
	}
	return result
}

func container(kind string, i int) object {
	c := object{"name": fmt.Sprintf("%s-%d", kind, i)}
	if chance(90) {
		c["resources"] = resources()
	}
	return c
}

func status(c object) object {
	s := object{"name": c["name"]}
	if chance(70) {
		s["resources"] = resources()
	}
	if chance(60) {
		s["allocatedResources"] = list(70, "cpu", "memory", "ephemeral-storage")
	}
	return s
}

func pod(i int) object {
	spec, stat := object{}, object{}
	var containers, inits, containerStatuses, initStatuses []object
	withStatus := chance(60)
	for c := 0; c < 1+random.Intn(3); c++ {
		containers = append(containers, container("app", c))
	}
	for c := 0; c < random.Intn(5); c++ {
		one := container("init", c)
		if chance(50) {
			one["restartPolicy"] = "Always"
		}
		inits = append(inits, one)
	}
	for _, c := range containers {
		if withStatus && chance(80) {
			containerStatuses = append(containerStatuses, status(c))
		}
	}
	for _, c := range inits {
		if withStatus && chance(80) {
			initStatuses = append(initStatuses, status(c))
		}
	}
	spec["containers"], spec["initContainers"] = containers, inits
	stat["containerStatuses"], stat["initContainerStatuses"] = containerStatuses, initStatuses
	if chance(25) {
		spec["overhead"] = list(70, "cpu", "memory")
	}
	if chance(30) {
		spec["resources"] = object{"requests": list(50, names...), "limits": list(50, names...)}
	}
	if chance(40) {
		stat["conditions"] = []object{{"type": "Ready", "status": "True"}, {"type": "PodResizePending", "status": "True", "reason": []string{"Infeasible", "Deferred"}[random.Intn(2)]}}
	}
	return object{"metadata": object{"name": fmt.Sprintf("pod-%d", i), "namespace": "truth"}, "spec": spec, "status": stat}
}

func texts(list v1.ResourceList) map[string]string {
	result := map[string]string{}
	for name, quantity := range list {
		result[string(name)] = quantity.String()
	}
	return result
}

// effective works on copies: adding the overhead to a pod-level quantity such as 0.5Gi, which upstream keeps behind a
// pointer, changes the pod itself, and a second call would add it again.
func effective(p *v1.Pod, useStatus bool) object {
	options := resource.PodResourcesOptions{UseStatusResources: useStatus}
	return object{
		"requests": texts(resource.PodRequests(p.DeepCopy(), options)),
		"limits":   texts(resource.PodLimits(p.DeepCopy(), options)),
	}
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	separator := "["
	for i := 0; i < 300; i++ {
		raw := pod(i)
		text, err := json.Marshal(raw)
		if err != nil {
			panic(err)
		}
		var typed v1.Pod
		if err := json.Unmarshal(text, &typed); err != nil {
			panic(err)
		}
		line, err := json.Marshal(object{"pod": raw, "row": effective(&typed, true), "total": effective(&typed, false)})
		if err != nil {
			panic(err)
		}
		fmt.Fprintf(out, "%s\n%s", separator, line)
		separator = ","
	}
	fmt.Fprint(out, "\n]\n")
}
