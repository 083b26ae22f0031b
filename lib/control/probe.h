/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One question to a backend, by a socket of the host's: begun, and ended by an event on its file, by its time, or because nobody
 * wants to know any more. Probes of a kind share what they can (curl's multi handle, a raw socket for each family). They tell
 * how they ended by a callback, from within sl_probes_run and never from sl_probe_begin.
 */
#ifndef SLUICE_CONTROL_PROBE_H
#define SLUICE_CONTROL_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

#include "sluice/base/ip.h"
#include "sluice/config/health.h"

#define SL_PROBE_TEXT_MAX 96

struct sl_probe_result {
	bool passed;
	char text[SL_PROBE_TEXT_MAX]; /* "HTTP status 503" */
};

/* Whom to ask, and how. */
struct sl_probe_target {
	const struct sl_config_health *health; /* must live as long as the probe */
	struct sl_ip ip, source;
	uint16_t port;
	bool proxy_header;  /* HTTP: a PROXY header goes first */
	const char *device; /* name of the companion */
	int device_index;
};

/* Of one backend; zeroed, with fd -1, when none is under way. */
struct sl_probe {
	bool running;
	uint16_t id;
	uint8_t type; /* enum sl_check_type */
	int fd;
	uint64_t deadline_ns;
	const struct sl_config_health *health;
	struct sl_ip ip;
	uint64_t token; /* ICMP: what the answer must bring back */
	CURL *easy;
	struct curl_slist *headers;
	char *body;
	unsigned int body_length;
};

/* What all of them share. */
struct sl_probes {
	int epoll_fd;
	struct sl_probe *of; /* by backend id */
	unsigned int n_running, most;
	uint64_t next_ns;    /* no deadline is earlier */
	bool more;	     /* this turn has left answers that are there */
	void (*ended)(void *arg, uint16_t id, const struct sl_probe_result *result);
	void *arg;
	int raw_fd[2];	     /* IPv4, IPv6; -1: none. They hear the answers to everybody's pings: watched while n_icmp is not 0 */
	unsigned int n_icmp; /* echo requests under way */
	uint64_t token;	     /* counts from a random number */
	CURLM *multi;	     /* NULL until the first HTTP probe */
	uint64_t curl_ns;    /* when curl wants to be called, UINT64_MAX: not before its sockets say so */
};

/* 0 or -errno. Needs CAP_NET_RAW for ICMP only: without it such probes cannot begin. */
int sl_probes_init(struct sl_probes *probes, void (*ended)(void *arg, uint16_t id, const struct sl_probe_result *result), void *arg);
void sl_probes_fini(struct sl_probes *probes);

/*
 * Begin. Returns 0; or -EAGAIN: too many are under way, later; or another -errno with a text: it cannot be made here, which says
 * nothing of the backend.
 */
int sl_probe_begin(struct sl_probes *probes, uint16_t id, const struct sl_probe_target *target, uint64_t now_ns,
		   char text[SL_PROBE_TEXT_MAX]);

/* Forget it; nothing is told. */
void sl_probe_cancel(struct sl_probes *probes, uint16_t id);

/* Look at files and deadlines. Returns the next deadline. */
uint64_t sl_probes_run(struct sl_probes *probes, uint64_t now_ns);

/* ---- between the files that probe ---- */

enum sl_probe_source { SL_PROBE_OF, SL_PROBE_RAW, SL_PROBE_CURL }; /* of an event: data.u64 >> 32, the rest is an id or file */

/* The probe has ended: tell, and give back what it has. */
void sl_probe_end(struct sl_probes *probes, struct sl_probe *probe, bool passed, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* A socket that sends by the target's device from its source. -errno: what has failed is in text. */
int sl_probe_socket(const struct sl_probe_target *target, int type, char text[SL_PROBE_TEXT_MAX]);

/* A sockaddr of either family. Returns its length. */
unsigned int sl_probe_address(const struct sl_ip *ip, uint16_t port, void *address);

int sl_probe_watch(struct sl_probes *probes, int fd, uint32_t events, enum sl_probe_source source, uint32_t data);

/* Each type begins, looks at its file, and gives back what it has. */
int sl_probe_tcp_begin(struct sl_probes *probes, struct sl_probe *probe, const struct sl_probe_target *target, char *text);
void sl_probe_tcp_look(struct sl_probes *probes, struct sl_probe *probe);
int sl_probe_udp_begin(struct sl_probes *probes, struct sl_probe *probe, const struct sl_probe_target *target, char *text);
void sl_probe_udp_look(struct sl_probes *probes, struct sl_probe *probe);
int sl_probe_icmp_begin(struct sl_probes *probes, struct sl_probe *probe, const struct sl_probe_target *target, char *text);
void sl_probe_icmp_open(struct sl_probes *probes);
void sl_probe_icmp_clear(struct sl_probes *probes);
void sl_probe_icmp_look(struct sl_probes *probes, int fd);
int sl_probe_http_begin(struct sl_probes *probes, struct sl_probe *probe, const struct sl_probe_target *target, char *text);
void sl_probe_http_look(struct sl_probes *probes, int fd, uint32_t events);
void sl_probe_http_run(struct sl_probes *probes, uint64_t now_ns);
void sl_probe_http_clear(struct sl_probes *probes, struct sl_probe *probe);
void sl_probe_http_fini(struct sl_probes *probes);

#endif
