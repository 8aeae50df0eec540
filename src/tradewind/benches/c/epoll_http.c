/* The yardstick of `bench api`: the least an HTTP server can do for a hot GET.
 *
 * One thread, epoll, keep-alive. A request is whatever ends with an empty line; the answer is the same bytes each
 * time: those of the file named on the command line (status line, headers and body), sent with one send().
 * Usage: epoll_http PORT FILE; prints "ready" once it listens on 127.0.0.1.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_EVENTS = 256, REQUEST_BYTES = 8192, BACKLOG = 2048 };

struct connection {
    int fd;
    size_t filled;        /* bytes of the request so far */
    size_t unsent;        /* bytes of the answer still to go */
    char request[REQUEST_BYTES + 1];
};

static char *answer;
static size_t answer_bytes;

static int fail(const char *what) {
    perror(what);
    return 1;
}

static int load(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) return fail(path);
    fseek(file, 0, SEEK_END);
    answer_bytes = (size_t)ftell(file);
    rewind(file);
    answer = malloc(answer_bytes);
    if (!answer || fread(answer, 1, answer_bytes, file) != answer_bytes) return fail("read");
    fclose(file);
    return 0;
}

static void drop(struct connection *connection) {
    close(connection->fd);
    free(connection);
}

/* Sends what is left; returns 0 when done or waiting for room, -1 when the peer is gone. */
static int flush(int epoll, struct connection *connection) {
    while (connection->unsent) {
        ssize_t sent = send(connection->fd, answer + answer_bytes - connection->unsent, connection->unsent, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno != EAGAIN) return -1;
            struct epoll_event want = {.events = EPOLLIN | EPOLLOUT, .data.ptr = connection};
            epoll_ctl(epoll, EPOLL_CTL_MOD, connection->fd, &want);
            return 0;
        }
        connection->unsent -= (size_t)sent;
        if (!connection->unsent) {
            struct epoll_event want = {.events = EPOLLIN, .data.ptr = connection};
            if ((size_t)sent != answer_bytes) epoll_ctl(epoll, EPOLL_CTL_MOD, connection->fd, &want);
        }
    }
    return 0;
}

static int serve(int epoll, struct connection *connection) {
    ssize_t got = recv(connection->fd, connection->request + connection->filled, REQUEST_BYTES - connection->filled, 0);
    if (got <= 0) return got < 0 && errno == EAGAIN ? 0 : -1;
    connection->filled += (size_t)got;
    connection->request[connection->filled] = 0;
    if (strstr(connection->request, "\r\n\r\n")) {
        connection->filled = 0;
        connection->unsent = answer_bytes;
        return flush(epoll, connection);
    }
    return connection->filled < REQUEST_BYTES ? 0 : -1;
}

static void accept_all(int epoll, int listener) {
    int fd, on = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct connection *connection = calloc(1, sizeof *connection);
        connection->fd = fd;
        struct epoll_event want = {.events = EPOLLIN, .data.ptr = connection};
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &want);
    }
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: epoll_http PORT FILE\n");
        return 2;
    }
    if (load(argv[2])) return 1;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[1]))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, BACKLOG)) return fail("listen");
    int epoll = epoll_create1(0);
    struct epoll_event want = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &want);
    puts("ready");
    fflush(stdout);
    for (;;) {
        struct epoll_event events[MAX_EVENTS];
        int count = epoll_wait(epoll, events, MAX_EVENTS, -1);
        for (int i = 0; i < count; i++) {
            struct connection *connection = events[i].data.ptr;
            if (!connection) {
                accept_all(epoll, listener);
            } else if ((events[i].events & EPOLLOUT && flush(epoll, connection)) ||
                       (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR) && serve(epoll, connection))) {
                drop(connection);
            }
        }
    }
}
