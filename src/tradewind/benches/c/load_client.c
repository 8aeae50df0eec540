/* SPDX-License-Identifier: Apache-2.0
 *
 * N WebSocket clients in one thread, cheap enough never to be what a sender waits for.
 *
 *   load_client PORT CLIENTS CPU SUBSCRIBE
 *
 * Connects CLIENTS sockets to 127.0.0.1:PORT, sends SUBSCRIBE on each, and writes "READY". Then, line by line on stdin:
 *   RUN warmup_ms measured_ms   answered by one line of JSON: the deltas that arrived in the measured time, the values
 *                               in them, and how old each was: now minus the "ts_recv" (CLOCK_MONOTONIC ns) in it
 *   STOPPED 0|1                 whether one more client is connected that never reads; answered by "READY"
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { READ_BYTES = 1 << 18, HISTOGRAM_US = 1 << 21, EVENTS = 1024 };

typedef struct {
    int fd;
    uint64_t left;             /* payload bytes of the frame under way that are still to come */
    unsigned header_size;      /* bytes of an incomplete header */
    unsigned char header[10];
} Client;

static unsigned char buffer[READ_BYTES];
static uint32_t histogram[HISTOGRAM_US];
static uint64_t frames, values, bytes, sampled;
static int is_measuring;

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int open_client(int port, const char *subscribe, int is_stalled) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1, small = 4096;
    if (fd < 0) fail("socket");
    if (is_stalled) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof address)) fail("connect");
    char request[512];
    int size = snprintf(request, sizeof request,
                        "GET /ws HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", port);
    if (write(fd, request, (size_t)size) != size) fail("handshake");
    /* One byte at a time up to the blank line: what follows it are frames. */
    char last[4] = {0};
    while (memcmp(last, "\r\n\r\n", 4)) {
        memmove(last, last + 1, 3);
        if (read(fd, last + 3, 1) != 1) fail("handshake answer");
    }
    /* A mask of zeros is a legal mask, and leaves the payload as it is. */
    size_t length = strlen(subscribe);
    unsigned char frame[8 + 65536] = {0x81, 0xFE, (unsigned char)(length >> 8), (unsigned char)length};
    size_t head = 8;
    if (length < 126) {
        frame[1] = (unsigned char)(0x80 | length);
        memset(frame + 2, 0, 6);
        head = 6;
    }
    memcpy(frame + head, subscribe, length);
    if (write(fd, frame, head + length) != (ssize_t)(head + length)) fail("subscribe");
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static void count_ages(const unsigned char *payload, size_t size, uint64_t at) {
    static const char key[] = "\"ts_recv\":";
    const unsigned char *end = payload + size;
    for (const unsigned char *p = payload; (p = memmem(p, (size_t)(end - p), key, sizeof key - 1));) {
        uint64_t ts = 0;
        for (p += sizeof key - 1; p < end && *p >= '0' && *p <= '9'; p++) ts = ts * 10 + (uint64_t)(*p - '0');
        values++;
        uint64_t age_us = at > ts ? (at - ts) / 1000 : 0;
        histogram[age_us < HISTOGRAM_US ? age_us : HISTOGRAM_US - 1]++;
        sampled++;
    }
}

/* Returns the size of a complete header in `h`, or 0 when more bytes are needed. */
static unsigned header_size(const unsigned char *h, unsigned have, uint64_t *payload) {
    if (have < 2) return 0;
    unsigned short_size = h[1] & 0x7F, size = short_size == 127 ? 10 : short_size == 126 ? 4 : 2;
    if (have < size) return 0;
    *payload = short_size;
    if (size > 2) {
        *payload = 0;
        for (unsigned i = 2; i < size; i++) *payload = *payload << 8 | h[i];
    }
    return size;
}

static void take(Client *client, const unsigned char *data, size_t size, uint64_t at) {
    const unsigned char *end = data + size;
    while (data < end) {
        if (!client->left) {
            client->header[client->header_size++] = *data++;
            uint64_t payload;
            if (!header_size(client->header, client->header_size, &payload)) continue;
            client->header_size = 0;
            client->left = payload;
            /* {"type":"delta" is told by one letter; what else arrives is not what is measured. */
            if (is_measuring && client->header[0] == 0x81 && data + 9 < end && data[9] == 'd') frames++;
            if (!payload) continue;
        }
        size_t here = (size_t)(end - data) < client->left ? (size_t)(end - data) : client->left;
        if (is_measuring) {
            count_ages(data, here, at);
            bytes += here;
        }
        client->left -= here;
        data += here;
    }
}

static void run_for(int poller, uint64_t until) {
    struct epoll_event events[EVENTS];
    for (uint64_t at = now_ns(); at < until; at = now_ns()) {
        int ready = epoll_wait(poller, events, EVENTS, 1);
        for (int i = 0; i < ready; i++) {
            Client *client = events[i].data.ptr;
            ssize_t got = read(client->fd, buffer, READ_BYTES);
            if (got > 0) {
                take(client, buffer, (size_t)got, now_ns());
            } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
                fprintf(stderr, "a connection was closed by the server\n");
                exit(1);
            }
        }
    }
}

static double quantile(double q) {
    uint64_t rank = (uint64_t)(q * (double)sampled), seen = 0;
    for (int us = 0; us < HISTOGRAM_US; us++) {
        seen += histogram[us];
        if (seen > rank) return us;
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc != 5) return fprintf(stderr, "usage: load_client PORT CLIENTS CPU SUBSCRIBE\n"), 2;
    int port = atoi(argv[1]), count = atoi(argv[2]), cpu = atoi(argv[3]), stopped = -1, wanted;
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (cpu >= 0) {
        cpu_set_t cpus;
        CPU_ZERO(&cpus);
        CPU_SET(cpu, &cpus);
        sched_setaffinity(0, sizeof cpus, &cpus);
    }
    int poller = epoll_create1(0);
    Client *clients = calloc((size_t)count, sizeof *clients);
    for (int i = 0; i < count; i++) {
        clients[i].fd = open_client(port, argv[4], 0);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &clients[i]};
        epoll_ctl(poller, EPOLL_CTL_ADD, clients[i].fd, &event);
    }
    puts("READY");
    fflush(stdout);
    char line[128];
    unsigned warmup_ms, measured_ms;
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "STOPPED %d", &wanted) == 1) {
            if (wanted && stopped < 0) stopped = open_client(port, argv[4], 1);
            if (!wanted && stopped >= 0) close(stopped), stopped = -1;
            puts("READY");
            fflush(stdout);
            continue;
        }
        if (sscanf(line, "RUN %u %u", &warmup_ms, &measured_ms) != 2) return 2;
        is_measuring = 0;
        run_for(poller, now_ns() + warmup_ms * 1000000ull);
        memset(histogram, 0, sizeof histogram);
        frames = values = bytes = sampled = 0;
        is_measuring = 1;
        uint64_t begun = now_ns();
        run_for(poller, begun + measured_ms * 1000000ull);
        double seconds = (double)(now_ns() - begun) / 1e9;
        printf("{\"frames_per_s\": %.1f, \"values_per_s\": %.1f, \"bytes_per_s\": %.0f, \"p50_us\": %.0f, "
               "\"p99_us\": %.0f, \"p999_us\": %.0f}\n",
               (double)frames / seconds, (double)values / seconds, (double)bytes / seconds,
               quantile(0.5), quantile(0.99), quantile(0.999));
        fflush(stdout);
    }
    return 0;
}
