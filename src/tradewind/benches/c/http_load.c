/* The load client of `bench api`: keep-alive GETs from one thread, the same for every server.
 *
 * Usage: http_load PORT CONNECTIONS RATE WARMUP_MS MEASURED_MS CPU PATH
 * RATE 0 is a closed loop: each connection asks again as soon as it has its answer. Otherwise an open loop of RATE
 * requests a second: a request falls due on the clock and is timed from then, also if it had to wait for a free
 * connection, so that a server that stalls is charged for everybody it kept waiting. Prints one JSON object.
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
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_EVENTS = 256, HEAD_BYTES = 4096, BUFFER_BYTES = 1 << 20, MAX_SAMPLES = 1 << 22 };

struct connection {
    int fd, next_free;
    int64_t due_ns;
    size_t head_bytes; /* of the answer's head, while it is not complete */
    size_t missing;    /* bytes of the body still to come */
    int in_body;
    char head[HEAD_BYTES + 1];
};

static struct connection *connections;
static int first_free = -1;
static char request[1024];
static size_t request_bytes;
static int64_t begin_ns, end_ns;
static uint32_t *samples;
static long count, lag_max;

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void stop(const char *what) {
    fprintf(stderr, "http_load: %s\n", what);
    exit(1);
}

static void ask(struct connection *connection, int64_t due_ns) {
    connection->due_ns = due_ns;
    connection->head_bytes = connection->missing = 0;
    connection->in_body = 0;
    if (send(connection->fd, request, request_bytes, MSG_NOSIGNAL) != (ssize_t)request_bytes) stop("request not sent whole");
}

static void note(struct connection *connection) {
    int64_t now = now_ns();
    if (now < begin_ns || now >= end_ns) return;
    if (count < MAX_SAMPLES) samples[count] = (uint32_t)((now - connection->due_ns) / 100);
    count++;
}

/* Reads the head up to its empty line; returns how many bytes of the buffer belonged to it. */
static size_t take_head(struct connection *connection, const char *buffer, size_t bytes) {
    size_t room = HEAD_BYTES - connection->head_bytes, before = connection->head_bytes;
    size_t taken = bytes < room ? bytes : room;
    memcpy(connection->head + before, buffer, taken);
    connection->head[before + taken] = 0;
    char *end = strstr(connection->head, "\r\n\r\n");
    if (!end) {
        if (taken == room) stop("a head longer than expected");
        connection->head_bytes += taken;
        return bytes;
    }
    char *length = strcasestr(connection->head, "content-length:");
    if (strncmp(connection->head, "HTTP/1.1 200", 12) || !length) {
        fprintf(stderr, "%.400s\n", connection->head);
        stop("not an answer 200 with a length");
    }
    connection->in_body = 1;
    connection->missing = (size_t)atol(length + 15);
    return (size_t)(end + 4 - connection->head) - before;
}

/* Returns 1 when the answer is complete. */
static int take(struct connection *connection, const char *buffer, size_t bytes) {
    if (!connection->in_body) {
        size_t head = take_head(connection, buffer, bytes);
        if (!connection->in_body) return 0;
        bytes -= head;
    }
    if (bytes > connection->missing) stop("more bytes than the answer has");
    connection->missing -= bytes;
    return !connection->missing;
}

static int open_connection(int port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof address)) stop("cannot connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static int by_size(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static double quantile_us(long kept, double q) {
    if (!kept) return 0;
    long index = (long)(q * (double)kept);
    return samples[index < kept ? index : kept - 1] / 10.0;
}

static void release(int index) {
    connections[index].next_free = first_free;
    first_free = index;
}

int main(int argc, char **argv) {
    if (argc != 8) stop("usage: http_load PORT CONNECTIONS RATE WARMUP_MS MEASURED_MS CPU PATH");
    int port = atoi(argv[1]), wanted = atoi(argv[2]), cpu = atoi(argv[6]);
    double rate = atof(argv[3]);
    if (cpu >= 0) {
        cpu_set_t cores;
        CPU_ZERO(&cores);
        CPU_SET(cpu, &cores);
        sched_setaffinity(0, sizeof cores, &cores);
    }
    request_bytes = (size_t)snprintf(request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: http_load\r\nAccept: */*\r\n\r\n", argv[7], port);
    samples = malloc(sizeof *samples * MAX_SAMPLES);
    connections = calloc((size_t)wanted, sizeof *connections);
    char *buffer = malloc(BUFFER_BYTES);
    int epoll = epoll_create1(0);
    for (int i = 0; i < wanted; i++) {
        connections[i].fd = open_connection(port);
        struct epoll_event want = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        epoll_ctl(epoll, EPOLL_CTL_ADD, connections[i].fd, &want);
        release(i);
    }
    int64_t start_ns = now_ns(), asked = 0;
    begin_ns = start_ns + atoll(argv[4]) * 1000000LL;
    end_ns = begin_ns + atoll(argv[5]) * 1000000LL;
    for (int64_t now = start_ns; now < end_ns; now = now_ns()) {
        while (first_free >= 0) {
            int64_t due = rate > 0 ? start_ns + (int64_t)((double)asked * 1e9 / rate) : now;
            if (due > now) break;
            int index = first_free;
            first_free = connections[index].next_free;
            if (now - due > lag_max) lag_max = now - due;
            ask(&connections[index], due);
            asked++;
        }
        struct epoll_event events[MAX_EVENTS];
        /* The open loop spins: it has a core to itself and must not be late. */
        int ready = epoll_wait(epoll, events, MAX_EVENTS, rate > 0 ? 0 : 100);
        for (int i = 0; i < ready; i++) {
            struct connection *connection = &connections[events[i].data.u32];
            ssize_t got = recv(connection->fd, buffer, BUFFER_BYTES, 0);
            if (got < 0 && errno == EAGAIN) continue;
            if (got <= 0) stop("the server closed a connection");
            if (take(connection, buffer, (size_t)got)) {
                note(connection);
                release((int)events[i].data.u32);
            }
        }
    }
    long kept = count < MAX_SAMPLES ? count : MAX_SAMPLES;
    qsort(samples, (size_t)kept, sizeof *samples, by_size);
    double seconds = (double)(end_ns - begin_ns) / 1e9;
    printf("{\"requests_per_s\": %.1f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f, \"late_us\": %.1f}\n",
        (double)count / seconds, quantile_us(kept, 0.5), quantile_us(kept, 0.99), quantile_us(kept, 0.999),
        (double)lag_max / 1e3);
    return 0;
}
