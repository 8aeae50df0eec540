/* SPDX-License-Identifier: Apache-2.0
 *
 * The baseline: what sending the same bytes to N WebSocket clients costs with nothing around it.
 *
 *   epoll_sender CLIENTS HZ CPU SEND_BUFFER FRAME_FILE
 *
 * Listens on 127.0.0.1, writes its port, accepts CLIENTS connections, answers each handshake and ignores what clients
 * say. From the line "GO" on stdin until its end it sends the frame to everybody: HZ times a second, or as fast as
 * the slowest client takes it when HZ is 0. The digits after "ts_recv": in the frame become the time of sending.
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

static const char ANSWER[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
static char frame[1 << 16];
static size_t frame_size;
static char *digits;
static int digit_count;
static int poller, *fds, count;
static size_t *sent;

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void stamp(void) {
    uint64_t ts = now_ns();
    for (int i = digit_count - 1; i >= 0; i--, ts /= 10) digits[i] = (char)('0' + ts % 10);
}

static void accept_all(int listener, int send_buffer) {
    char request[4096];
    int one = 1;
    for (int i = 0; i < count; i++) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) fail("accept");
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (send_buffer) setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
        size_t have = 0;
        do {
            ssize_t got = read(fd, request + have, sizeof request - 1 - have);
            if (got <= 0) fail("handshake");
            have += (size_t)got;
            request[have] = 0;
        } while (!strstr(request, "\r\n\r\n"));
        if (write(fd, ANSWER, sizeof ANSWER - 1) < 0) fail("handshake answer");
        fcntl(fd, F_SETFL, O_NONBLOCK);
        fds[i] = fd;
        struct epoll_event event = {.events = EPOLLOUT | EPOLLET, .data.u32 = (uint32_t)i};
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
    }
}

/* Sends what is left of the frame to one client; says whether it took all of it. */
static int push_on(int i) {
    ssize_t put = send(fds[i], frame + sent[i], frame_size - sent[i], MSG_NOSIGNAL);
    if (put < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK) exit(0);
        return 0;
    }
    sent[i] += (size_t)put;
    return sent[i] == frame_size;
}

static void send_to_all(void) {
    struct epoll_event events[256];
    int waiting = 0;
    for (int i = 0; i < count; i++) {
        sent[i] = 0;
        waiting += !push_on(i);
    }
    while (waiting) {
        int ready = epoll_wait(poller, events, 256, 1000);
        for (int e = 0; e < ready; e++) {
            int i = (int)events[e].data.u32;
            if (sent[i] < frame_size && push_on(i)) waiting--;
        }
    }
}

int main(int argc, char **argv) {
    if (argc != 6) return fprintf(stderr, "usage: epoll_sender CLIENTS HZ CPU SEND_BUFFER FRAME_FILE\n"), 2;
    count = atoi(argv[1]);
    int hz = atoi(argv[2]), cpu = atoi(argv[3]), send_buffer = atoi(argv[4]);
    FILE *file = fopen(argv[5], "rb");
    if (!file || !(frame_size = fread(frame, 1, sizeof frame, file))) fail("frame file");
    fclose(file);
    digits = memmem(frame, frame_size, "\"ts_recv\":", 10);
    if (!digits) return fprintf(stderr, "the frame holds no ts_recv\n"), 2;
    for (digits += 10; digits[digit_count] >= '0' && digits[digit_count] <= '9';) digit_count++;
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
    fds = calloc((size_t)count, sizeof *fds);
    sent = calloc((size_t)count, sizeof *sent);
    poller = epoll_create1(0);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 4096)) fail("listen");
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("PORT %d\n", ntohs(address.sin_port));
    fflush(stdout);
    accept_all(listener, send_buffer);
    char line[16];
    if (!fgets(line, sizeof line, stdin)) return 0;
    fcntl(0, F_SETFL, O_NONBLOCK);
    uint64_t due = now_ns();
    for (;;) {
        if (hz) {
            due += 1000000000ull / (uint64_t)hz;
            struct timespec at = {.tv_sec = (time_t)(due / 1000000000u), .tv_nsec = (long)(due % 1000000000u)};
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
        }
        stamp();
        send_to_all();
        if (read(0, line, sizeof line) == 0) return 0;
    }
}
