// Writes test/fixtures/quantity/quantities.json: what the real resource.Quantity makes of many texts and of sums of pairs.
//
//	cd hack/truth && go run ./quantity > ../../test/fixtures/quantity/quantities.json
package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"os"

	"k8s.io/apimachinery/pkg/api/resource"
)

type row struct {
	Text   string `json:"text"`
	Error  bool   `json:"error,omitempty"`
	String string `json:"string,omitempty"`
	// Canonical is the text after an addition of nothing, which makes upstream forget how it was written.
	Canonical string `json:"canonical,omitempty"`
	Format    string `json:"format,omitempty"`
	// Value and Milli are left out where they do not fit into 63 bits (upstream overflows there) or are negative.
	Value string `json:"value,omitempty"`
	Milli string `json:"milli,omitempty"`
}

type sum struct {
	Texts  []string `json:"texts"`
	String string   `json:"string"`
	Format string   `json:"format"`
	// Order is the comparison of the first with the second.
	Order int `json:"order"`
}

var suffixes = []string{"", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e3", "E3", "e0", "e-3", "E-6", "e+6", "e9", "e-9", "e2", "e-1", "e-12", "e12"}

var oddities = []string{
	"", "0", "-0", "+0", "00", ".", "+", "-", "-.", "1.", ".5", "+.5", "-.5", "1..2", "1.2.3", " 1", "1 ", "1 Gi", "K", "Ki", "m", "1K", "1ki", "1mi", "1i",
	"1e", "1E", "1E1", "1e1", "1ee3", "1e3m", "1m3", "1e+", "1e-", "1Eie", "1.5E", "1.5E3", "1.5Ei", "9Ei", "8Ei", "7Ei", "100Ei", "-9Ei", "0Ki", "0e3",
	"0.1n", "0.5n", "-0.1n", "1.1n", "1e-10", "0.0000000001", "123456789.123456789", "0.1Ki", "0.0001Ki", "-0.1Ki", "-0.0001Ki", "1.1Ki", "1.5Gi", "0.5Gi", "1023Ki", "1024Ki", "1025Ki", "1026Ki",
	"1.250", "1.2500", "1.100", "1.000", "100.001", "100.0010", "0001.100", "+5", "+1.250", "05Mi", "+5Mi", "1.234k", "1.000k", "1000k", "1000m", "1500m", "15000m", "1e4", "1e5", "12e5",
	"999999999999999999", "9999999999999999999", "9223372036854775807", "9223372036854775808", "18446744073709551616", "123456789012345678901234567890", "0.123456789012345678901234567890",
	"9223372036854775807Ki", "123456789012345Mi", "12345678901234Ki", "1234567890123Mi", "0x10", "1_000", "NaN", "Infinity", "1,5", "٣",
}

func main() {
	random := rand.New(rand.NewSource(36))
	texts := append([]string{}, oddities...)
	for _, suffix := range suffixes {
		for _, number := range []string{"1", "10", "100", "1000", "1024", "1536", "0.5", "1.5", "0.001", "12.345", "-1", "-1.5", "2048", "3000", "1048576"} {
			texts = append(texts, number+suffix)
		}
	}
	for len(texts) < 900 {
		texts = append(texts, randomNumber(random)+suffixes[random.Intn(len(suffixes))])
	}
	rows := []row{}
	valid := []string{}
	for _, text := range texts {
		r := describe(text)
		// Beyond E upstream loses the suffix; not a truth to hold against.
		if !r.Error && losesSuffix(text) {
			continue
		}
		rows = append(rows, r)
		if !r.Error {
			valid = append(valid, text)
		}
	}
	sums := []sum{}
	for len(sums) < 500 {
		pair := []string{valid[random.Intn(len(valid))], valid[random.Intn(len(valid))]}
		left, right := resource.MustParse(pair[0]), resource.MustParse(pair[1])
		order := left.Cmp(right)
		left.Add(right)
		if tooLarge(left) {
			continue
		}
		sums = append(sums, sum{Texts: pair, String: left.String(), Format: string(left.Format), Order: order})
	}
	write(map[string]any{"quantities": rows, "sums": sums})
}

func randomNumber(random *rand.Rand) string {
	number := fmt.Sprint(random.Intn(1 << uint(1+random.Intn(30))))
	if random.Intn(3) == 0 {
		number += "." + fmt.Sprintf("%0*d", 1+random.Intn(11), random.Intn(1000))
	}
	return number
}

func describe(text string) row {
	q, err := resource.ParseQuantity(text)
	if err != nil {
		return row{Text: text, Error: true}
	}
	r := row{Text: text, String: q.String(), Format: string(q.Format)}
	if q.Sign() >= 0 && q.CmpInt64(1<<62) < 0 {
		r.Value = fmt.Sprint(q.Value())
	}
	if q.Sign() >= 0 && q.CmpInt64((1<<62)/1000) < 0 {
		r.Milli = fmt.Sprint(q.MilliValue())
	}
	again := q.DeepCopy()
	again.Add(resource.Quantity{})
	r.Canonical = again.String()
	return r
}

func losesSuffix(text string) bool { return tooLarge(resource.MustParse(text)) }

// tooLarge tells where upstream drops the suffix: beyond 999E it has none for a decimal format.
func tooLarge(q resource.Quantity) bool {
	magnitude := q.DeepCopy()
	if magnitude.Sign() < 0 {
		magnitude.Neg()
	}
	return magnitude.Cmp(resource.MustParse("999E")) > 0 && q.Format != resource.DecimalExponent
}

func write(value any) {
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err)
	}
}
