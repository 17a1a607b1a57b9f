// Replay is an API server that knows one thing: a recorded watch of pods. It serves the recording over TLS, as an API
// server would; once it reads a line from standard input it sends the events, at the pace that it was told.
//
// It writes a kubeconfig that leads to it, and prints a line of JSON when it listens, when the events begin, and when all
// are sent.
package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"dogwatch.dev/bench/peers/internal/process"
)

type options struct {
	recording  string
	kubeconfig string
	events     int
	rate       float64
}

func main() {
	var o options
	flag.StringVar(&o.recording, "recording", "", "file with the body of a recorded WatchList")
	flag.StringVar(&o.kubeconfig, "kubeconfig", "", "file to write the kubeconfig to")
	flag.IntVar(&o.events, "events", 0, "how many events to send; a shorter recording is played again")
	flag.Float64Var(&o.rate, "rate", 5000, "events a second")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "replay:", err)
		os.Exit(1)
	}
}

func serve(ctx context.Context, o options) error {
	recording, err := openRecording(o.recording)
	if err != nil {
		return err
	}
	certificate, authority, err := newCertificate()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if err := writeKubeconfig(o.kubeconfig, "https://"+listener.Addr().String(), authority); err != nil {
		return err
	}
	player := newPlayer(recording, o.events, o.rate)
	server := &http.Server{
		Handler:   newHandler(player),
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}},
	}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	process.PrintJSON(map[string]any{"phase": "listening", "recordedEvents": len(recording.events)})
	go func() {
		if bufio.NewScanner(os.Stdin).Scan() {
			player.start()
		}
	}()
	if err := server.ServeTLS(listener, "", ""); err != http.ErrServerClosed {
		return err
	}
	return nil
}

func newCertificate() (tls.Certificate, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		NotBefore:             time.Now().Add(-time.Minute),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		BasicConstraintsValid: true,
		IsCA:                  true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, text, nil
}

func writeKubeconfig(path, server string, authority []byte) error {
	config := clientcmdapi.NewConfig()
	config.Clusters["replay"] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: authority}
	config.AuthInfos["replay"] = &clientcmdapi.AuthInfo{Token: "unused"}
	config.Contexts["replay"] = &clientcmdapi.Context{Cluster: "replay", AuthInfo: "replay"}
	config.CurrentContext = "replay"
	return clientcmd.WriteToFile(*config, path)
}
