// A vCenter (or ESXi) peer on loopback, built from Debian packages only. The SOAP
// engine, inventory, sessions and property collector come from the simulator
// library of govmomi; this program adds what that library lacks: tasks that take
// time, task methods, a task history, and switches for faults.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

func pairs(s string) map[string]string {
	m := map[string]string{}
	for _, p := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' }) {
		k, v, _ := strings.Cut(p, "=")
		m[strings.TrimSpace(k)] = strings.TrimSpace(v)
	}
	return m
}

func main() {
	httpAddr := flag.String("http", "127.0.0.1:8989", "plain HTTP listen address (empty = off)")
	httpsAddr := flag.String("https", "127.0.0.1:8990", "HTTPS listen address")
	cert := flag.String("tlscert", "", "PEM certificate file (default: built-in test certificate)")
	key := flag.String("tlskey", "", "PEM key file")
	esx := flag.Bool("esx", false, "simulate a stand-alone ESXi host instead of vCenter")
	vms := flag.Int("vm", 2, "virtual machines per resource pool")
	user := flag.String("username", "", "login name (default: any)")
	pass := flag.String("password", "", "login password (default: any)")
	api := flag.String("api-version", "", "override about.apiVersion")
	idle := flag.Duration("session-idle", 0, "expire idle sessions after this long (0 = never)")
	delay := flag.Int("delay", 0, "milliseconds added to every SOAP call")
	methodDelay := flag.String("method-delay", "", "extra ms by SOAP method, e.g. RetrievePropertiesEx=500,Login=200")
	jitter := flag.Float64("delay-jitter", 0, "delay jitter (stddev/mean)")
	trace := flag.Bool("trace", false, "log SOAP traffic to stderr")
	flag.DurationVar(&lab.queue, "task-queue", 0, "time a task stays queued")
	flag.DurationVar(&lab.run, "task-run", 0, "time a task stays running")
	flag.DurationVar(&lab.cancel, "task-cancel", 300*time.Millisecond, "time between CancelTask and the error state")
	flag.DurationVar(&lab.retain, "task-retain", 0, "drop finished tasks after this long (0 = keep)")
	defers := flag.String("task-async", "powerOn,powerOff,suspend,reconfigVm,createSnapshot,rename",
		"operations that run in the background (name after the dot of descriptionId)")
	nocancel := flag.String("task-uncancelable", "reconfigVm,rename", "background operations with cancelable=false")
	noprog := flag.String("task-no-progress", "reconfigVm", "background operations that never report progress")
	fails := flag.String("task-fail", "", "make operations fail, e.g. suspend=TaskInProgress,powerOff=InvalidState")
	taskTypes := flag.String("task-types", "", "taskTypeIds accepted by CreateTask (empty = any)")
	flag.Parse()

	simulator.Trace = *trace
	simulator.SessionIdleTimeout = *idle
	lab.async, lab.nocancel, lab.noprog = pairs(*defers), pairs(*nocancel), pairs(*noprog)
	lab.fails, lab.taskTypes = pairs(*fails), pairs(*taskTypes)

	model := simulator.VPX()
	if *esx {
		model = simulator.ESX()
	}
	if *api != "" {
		model.ServiceContent.About.ApiVersion = *api
	}
	model.Machine = *vms
	model.DelayConfig.Delay = *delay
	model.DelayConfig.DelayJitter = *jitter
	model.DelayConfig.MethodDelay = map[string]int{}
	for k, v := range pairs(*methodDelay) {
		ms, err := strconv.Atoi(v)
		if err != nil {
			log.Fatalf("method-delay %s: %v", k, err)
		}
		model.DelayConfig.MethodDelay[k] = ms
	}
	if err := model.Create(); err != nil {
		log.Fatal(err)
	}

	installLab(*esx)

	svc := model.Service
	svc.Listen = &url.URL{Host: *httpsAddr}
	if *user != "" {
		svc.Listen.User = url.UserPassword(*user, *pass)
	}
	svc.TLS = new(tls.Config)
	if *cert != "" {
		pair, err := tls.LoadX509KeyPair(*cert, *key)
		if err != nil {
			log.Fatal(err)
		}
		svc.TLS.Certificates = []tls.Certificate{pair}
	}
	svc.ServeMux = http.NewServeMux()
	svc.ServeMux.HandleFunc("/lab/status", func(w http.ResponseWriter, r *http.Request) {
		code, _ := strconv.Atoi(r.FormValue("code"))
		if code < 400 || code > 599 {
			http.Error(w, "code must be 400..599", http.StatusBadRequest)
			return
		}
		simulator.StatusSDK = code // the next SOAP call answers this once
	})
	svc.ServeMux.HandleFunc("/lab/purge", func(w http.ResponseWriter, r *http.Request) {
		ref := types.ManagedObjectReference{Type: "Task", Value: r.FormValue("task")}
		if simulator.Map.Get(ref) == nil {
			http.NotFound(w, r)
			return
		}
		simulator.Map.Remove(ref)
	})

	server := svc.NewServer()
	fmt.Printf("https %s\n", server.URL)
	if *httpAddr != "" {
		go func() { log.Fatal(http.ListenAndServe(*httpAddr, svc.ServeMux)) }()
		fmt.Printf("http http://%s/sdk\n", *httpAddr)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	<-stop
	model.Remove() // deletes the temporary datastore folders
}
