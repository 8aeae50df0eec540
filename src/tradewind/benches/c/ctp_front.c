// A market front inside the process, put before CTP's own library by LD_PRELOAD: the true binding's callbacks, no network.
//
// Its address says what it sends once contracts are subscribed: tcp://flood-200000:1 so many quotes as fast as they are
// taken, tcp://paced-5000:20 so many a second for so many seconds. The classes are laid out as the C++ compiler lays out
// CThostFtdcMdApi and CThostFtdcMdSpi of 6.7: a pointer to the table of virtual functions in the header's order.

#define _GNU_SOURCE
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 2000, NAME = 81, NS = 1000000000 };

struct info { int error; char text[81]; };
struct contract { char old_name[31]; char name[NAME]; };
struct tick {
    char trading_day[9], old_name[31], exchange[9], old_exchange_name[31];
    double last, pre_settlement, pre_close, pre_interest, open, high, low;
    int volume;
    double turnover, interest, close, settlement, up, down, pre_delta, delta;
    char time[9];
    int ms;
    struct { double bid; int bid_lots; double ask; int ask_lots; } level[5];
    double average;
    char action_day[9], name[NAME], exchange_name[NAME];
    double band_up, band_down;
};
_Static_assert(sizeof(struct tick) == 584, "the layout of 6.7");

struct spi { void **calls; };
enum { CONNECTED = 0, LOGGED_IN = 3, SUBSCRIBED = 7, TICK = 11 };

struct api {
    void **calls;
    struct spi *spi;
    pthread_t thread;
    bool is_paced, is_running, wants_login, is_released;
    long count, seconds;
    int login_id, contracts, announced;
    char names[MOST][NAME];
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * NS + now.tv_nsec;
}

static void put_time(char text[9], int64_t ns) {
    time_t second = (time_t)(ns / NS + 8 * 3600);
    struct tm local;
    strftime(text, 9, "%H:%M:%S", gmtime_r(&second, &local));
}

static void begin(struct tick *tick) {
    const double none = 1.7976931348623157e308;
    memset(tick, 0, sizeof *tick);
    tick->pre_settlement = tick->pre_close = tick->open = 3000;
    tick->pre_interest = tick->interest = 100000;
    tick->high = 3200, tick->low = 2800, tick->up = 3300, tick->down = 2700;
    tick->close = tick->settlement = none;
    for (int at = 0; at < 5; at++)
        tick->level[at].bid = tick->level[at].ask = none;
    tick->level[0].bid_lots = tick->level[0].ask_lots = 10;
}

static void send_ticks(struct api *api) {
    static struct tick ticks[MOST], given;
    char clock[9] = {0};
    void (*call)(struct spi *, struct tick *) = api->spi->calls[TICK];
    long total = api->is_paced ? api->count * api->seconds : api->count;
    int contracts = api->contracts;
    for (int at = 0; at < contracts; at++) {
        begin(&ticks[at]);
        strcpy(ticks[at].name, api->names[at]);
    }
    int64_t begun = now_ns(), step = api->is_paced ? NS / api->count : 0, stamped = 0;
    for (long number = 0; number < total && !api->is_released; number++) {
        struct tick *tick = &ticks[number % contracts];
        int64_t now = now_ns();
        if (step && begun + number * step > now) {
            // Sleep through most of it and watch the clock for the rest: what is measured is not our own delay.
            int64_t left = begun + number * step - now;
            if (left > 80000)
                usleep((useconds_t)((left - 60000) / 1000));
            while ((now = now_ns()) < begun + number * step) {
            }
        }
        if (now - stamped > 1000000)
            put_time(clock, stamped = now);
        memcpy(tick->time, clock, sizeof clock);
        tick->ms = (int)(stamped / 1000000 % 1000);
        tick->volume += 1;
        tick->last = 3000 + 10 * (double)(number / contracts % 16);
        tick->turnover += tick->last * 10;
        tick->level[0].bid = tick->last - 10, tick->level[0].ask = tick->last + 10;
        given = *tick;
        call(api->spi, &given);
    }
    fprintf(stderr, "ctp_front: %ld quotes in %lld ns\n", total, (long long)(now_ns() - begun));
}

static void announce(struct api *api) {
    void (*call)(struct spi *, struct contract *, struct info *, int, bool) = api->spi->calls[SUBSCRIBED];
    while (api->announced < api->contracts) {
        struct contract found = {0};
        struct info good = {0};
        strcpy(found.name, api->names[api->announced++]);
        call(api->spi, &found, &good, 0, api->announced == api->contracts);
    }
}

static void *live(void *argument) {
    struct api *api = argument;
    ((void (*)(struct spi *))api->spi->calls[CONNECTED])(api->spi);
    pthread_mutex_lock(&api->lock);
    while (!api->wants_login && !api->is_released)
        pthread_cond_wait(&api->changed, &api->lock);
    pthread_mutex_unlock(&api->lock);
    char login[4096] = "20991231";
    struct info good = {0};
    if (!api->is_released)
        ((void (*)(struct spi *, void *, struct info *, int, bool))api->spi->calls[LOGGED_IN])(
            api->spi, login, &good, api->login_id, true);
    pthread_mutex_lock(&api->lock);
    while (!api->contracts && !api->is_released)
        pthread_cond_wait(&api->changed, &api->lock);
    pthread_mutex_unlock(&api->lock);
    if (!api->is_released) {
        announce(api);
        usleep(300000);
        send_ticks(api);
    }
    return NULL;
}

static void release(struct api *api) {
    api->is_released = true;
    pthread_cond_broadcast(&api->changed);
}
static void init(struct api *api) { pthread_create(&api->thread, NULL, live, api); }
static int join(struct api *api) { return pthread_join(api->thread, NULL); }
static const char *trading_day(struct api *api) { return (void)api, "20991231"; }
static void register_front(struct api *api, const char *front) {
    api->is_paced = sscanf(front, "tcp://paced-%ld:%ld", &api->count, &api->seconds) == 2;
    if (!api->is_paced)
        sscanf(front, "tcp://flood-%ld", &api->count);
}
static void register_none(struct api *api, void *given) { (void)api, (void)given; }
static void register_spi(struct api *api, struct spi *spi) {
    if (spi)
        api->spi = spi;
}
static int subscribe(struct api *api, char **names, int count) {
    pthread_mutex_lock(&api->lock);
    for (int at = 0; at < count && api->contracts < MOST; at++)
        snprintf(api->names[api->contracts++], NAME, "%s", names[at]);
    pthread_cond_broadcast(&api->changed);
    pthread_mutex_unlock(&api->lock);
    return 0;
}
static int nothing(struct api *api) { return (void)api, 0; }
static int login(struct api *api, void *fields, int number) {
    (void)fields;
    pthread_mutex_lock(&api->lock);
    api->login_id = number, api->wants_login = true;
    pthread_cond_broadcast(&api->changed);
    pthread_mutex_unlock(&api->lock);
    return 0;
}

static void *calls[] = {release,       init,         join,      trading_day, register_front,
                        register_none, register_none, register_spi, subscribe, nothing,
                        nothing,       nothing,      login,     nothing,     nothing};

void *create(const char *, bool, bool, bool) __asm__("_ZN15CThostFtdcMdApi15CreateFtdcMdApiEPKcbbb");
void *create(const char *flow, bool udp, bool multicast, bool production) {
    (void)flow, (void)udp, (void)multicast, (void)production;
    struct api *api = calloc(1, sizeof *api);
    api->calls = calls;
    pthread_mutex_init(&api->lock, NULL);
    pthread_cond_init(&api->changed, NULL);
    return api;
}

const char *version(void) __asm__("_ZN15CThostFtdcMdApi13GetApiVersionEv");
const char *version(void) { return "front inside the process"; }
