/* The plan at work in a model of a cluster: several leaders with clocks that differ, calls that are
 * late, lost or carried out by a process that has been killed since, API servers and replicas that
 * see changes late. Whatever happens, what a replica serves verifies against every bundle that an
 * API server may still hold. */
#include <string.h>

#include "lib/common/memory.h"
#include "tests/support/suite.h"
#include "webhook/certificates/plan.h"

enum {
    REPLICAS = 3,
    CONFIGURATIONS = 2,
    SET_MAX = 8,
    HELD_MAX = 32,
    DELAY = 10 * 1000, /* the trust delay: how long API servers take to see a change at most */
    LAG = 4 * 1000,    /* how long replicas take */
    TICK = 500,
    ROTATIONS = 30,
};
static const struct plan_settings settings = {
    .authority_life = 1200, .serving_life = 300, .trust_delay = DELAY};

/* --- A random number -------------------------------------------------------------------------- */

static uint64_t seed;
static uint32_t number(uint32_t below)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(seed >> 33) % below;
}
static bool happens(uint32_t once_in)
{
    return number(once_in) == 0;
}

/* --- The world -------------------------------------------------------------------------------- */

struct pair {
    int authority; /* a number; 0: there is none */
    struct plan_life life;
};
struct set {
    struct pair items[SET_MAX];
    size_t count;
};

struct secret {
    uint64_t version;
    enum plan_secret condition;
    struct pair current, next, serving; /* serving.authority: who signed it */
    struct set previous, adopted;
    int64_t adopted_until;
};

struct configuration {
    uint64_t version;
    struct set bundle;
};

/* What somebody has seen of the world. */
struct view {
    struct secret secret;
    struct configuration configurations[CONFIGURATIONS];
};

struct call {
    bool under_way;
    int64_t at; /* when the API server carries it out */
    enum plan_step step;
    int target;
    struct secret secret;
    struct set bundle;
    uint64_t base;
};

struct replica {
    struct view view;
    int64_t looks_at; /* when it sees the world as it is */
    int64_t skew;     /* seconds */
    int64_t standing_since;
    struct set standing;
    struct pair served;
    struct call call;
};

struct world {
    int64_t now; /* milliseconds */
    int authorities;
    struct secret secret;
    struct configuration configurations[CONFIGURATIONS];
    /* Bundles that were replaced, and until when an API server may hold them. */
    struct {
        int64_t until;
        struct set bundle;
    } held[HELD_MAX];
    struct replica replicas[REPLICAS];
    uint64_t leads; /* a bit for each replica that thinks it does */
    unsigned promoted, renewed, remade;
};

static void add(struct set *set, struct pair pair)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->items[i].authority == pair.authority)
            return;
    if (set->count == SET_MAX) {
        memmove(set->items, set->items + 1, (SET_MAX - 1) * sizeof(set->items[0]));
        set->count--;
    }
    set->items[set->count++] = pair;
}
static bool has(const struct set *set, int authority)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->items[i].authority == authority)
            return true;
    return false;
}
static void add_all(struct set *set, const struct set *more)
{
    for (size_t i = 0; i < more->count; i++)
        add(set, more->items[i]);
}
static void drop_ended(struct set *set, int64_t now)
{
    struct set kept = {0};
    for (size_t i = 0; i < set->count; i++)
        if (set->items[i].life.ends > now)
            add(&kept, set->items[i]);
    *set = kept;
}
static int64_t first_end(const struct set *set)
{
    int64_t first = 0;
    for (size_t i = 0; i < set->count; i++)
        if (first == 0 || set->items[i].life.ends < first)
            first = set->items[i].life.ends;
    return first;
}
static bool same_set(const struct set *a, const struct set *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (a->count != b->count || a->items[i].authority != b->items[i].authority)
            return false;
    return a->count == b->count;
}

static struct set bundle_of(const struct secret *secret)
{
    struct set bundle = {0};
    add_all(&bundle, &secret->adopted);
    add_all(&bundle, &secret->previous);
    if (secret->current.authority)
        add(&bundle, secret->current);
    if (secret->next.authority)
        add(&bundle, secret->next);
    return bundle;
}

/* --- What must hold --------------------------------------------------------------------------- */

/* What configuration or API server lacks an authority; NULL: none. */
static const char *who_lacks(const struct world *world, int authority)
{
    for (int k = 0; k < CONFIGURATIONS; k++)
        if (!has(&world->configurations[k].bundle, authority))
            return "a configuration";
    for (int k = 0; k < HELD_MAX; k++)
        if (world->held[k].until > world->now && !has(&world->held[k].bundle, authority))
            return "an API server";
    return NULL;
}

static void check(const struct world *world)
{
    for (int i = 0; i < REPLICAS; i++) {
        const struct pair *served = &world->replicas[i].served;
        const char *lacks = served->authority ? who_lacks(world, served->authority) : NULL;
        if (lacks)
            ck_abort_msg("at %lld ms replica %d serves a certificate of %d, which %s lacks",
                         (long long)world->now, i, served->authority, lacks);
        if (served->authority && served->life.ends * 1000 <= world->now)
            ck_abort_msg("at %lld ms replica %d serves what has ended", (long long)world->now, i);
    }
}

/* --- The API server --------------------------------------------------------------------------- */

static void put_bundle(struct world *world, int target, const struct set *bundle)
{
    for (int i = 0; i < HELD_MAX; i++) {
        if (world->held[i].until > world->now)
            continue;
        world->held[i].until = world->now + DELAY;
        world->held[i].bundle = world->configurations[target].bundle;
        world->configurations[target].bundle = *bundle;
        world->configurations[target].version++;
        return;
    }
    ck_abort_msg("too many bundles");
}

static void carry_out(struct world *world, struct call *call)
{
    call->under_way = false;
    if (call->step == PLAN_PUBLISH) {
        if (world->configurations[call->target].version == call->base)
            put_bundle(world, call->target, &call->bundle);
        return;
    }
    if (world->secret.version != call->base)
        return;
    world->secret = call->secret;
    world->secret.version = call->base + 1;
    world->secret.condition = PLAN_SECRET_GOOD;
    world->promoted += call->step == PLAN_PROMOTE;
    world->renewed += call->step == PLAN_RENEW;
    world->remade += call->step == PLAN_MAKE_ANEW;
}

/* --- A replica -------------------------------------------------------------------------------- */

static struct pair new_authority(struct world *world, int64_t now)
{
    return (struct pair){++world->authorities, {now, now + settings.authority_life}};
}
static struct pair new_serving(struct pair authority, int64_t now)
{
    return (struct pair){authority.authority,
                         {now, plan_serving_end(&settings, authority.life, now)}};
}

static void prepare(struct world *world, struct replica *replica, enum plan_step step, int64_t now)
{
    struct call *call = &replica->call;
    struct secret *secret = &call->secret;
    *call = (struct call){.under_way = true,
                          .at = world->now + number(happens(20) ? 30000 : 2000),
                          .step = step,
                          .secret = replica->view.secret,
                          .base = replica->view.secret.version};
    switch (step) {
    case PLAN_MAKE_ANEW:
        *secret = (struct secret){0};
        for (int i = 0; i < CONFIGURATIONS; i++)
            add_all(&secret->adopted, &replica->view.configurations[i].bundle);
        drop_ended(&secret->adopted, now);
        secret->adopted_until = now + PLAN_ADOPTED_SECONDS;
        secret->next = new_authority(world, now);
        break;
    case PLAN_MAKE_NEXT:
        secret->next = new_authority(world, now);
        break;
    case PLAN_PROMOTE:
        if (secret->current.authority)
            add(&secret->previous, secret->current);
        drop_ended(&secret->previous, now);
        secret->current = secret->next;
        secret->next = (struct pair){0};
        secret->serving = new_serving(secret->current, now);
        break;
    case PLAN_RENEW:
        secret->serving = new_serving(secret->current, now);
        break;
    case PLAN_PUBLISH:
        call->bundle = bundle_of(secret);
        while (same_set(&replica->view.configurations[call->target].bundle, &call->bundle))
            call->target++;
        call->base = replica->view.configurations[call->target].version;
        break;
    default:
        drop_ended(&secret->previous, now);
        if (secret->adopted_until <= now)
            secret->adopted.count = 0;
    }
}

static void note_standing(const struct world *world, struct replica *replica)
{
    struct set bundle = bundle_of(&replica->view.secret);
    bool stands = replica->view.secret.condition == PLAN_SECRET_GOOD;
    for (int i = 0; i < CONFIGURATIONS; i++)
        stands = stands && same_set(&bundle, &replica->view.configurations[i].bundle);
    if (!stands || !same_set(&bundle, &replica->standing))
        replica->standing_since = -1;
    replica->standing = bundle;
    if (stands && replica->standing_since < 0)
        replica->standing_since = world->now;
}

static void look(const struct world *world, struct replica *replica)
{
    if (world->now < replica->looks_at)
        return;
    replica->looks_at = world->now + number(LAG);
    replica->view.secret = world->secret;
    memcpy(replica->view.configurations, world->configurations, sizeof(world->configurations));
    note_standing(world, replica);
    const struct secret *secret = &replica->view.secret;
    if (secret->condition == PLAN_SECRET_GOOD && secret->serving.authority &&
        secret->serving.life.ends * 1000 > world->now)
        replica->served = secret->serving;
}

static void lead(struct world *world, struct replica *replica)
{
    const struct secret *secret = &replica->view.secret;
    int64_t now = world->now / 1000 + replica->skew;
    if (replica->call.under_way)
        return;
    struct plan_facts facts = {
        .secret = secret->condition,
        .current = secret->current.life,
        .next = secret->next.life,
        .serving = secret->serving.life,
        .serving_fits = secret->serving.authority,
        .previous_ends = first_end(&secret->previous),
        .adopted_ends = secret->adopted.count ? secret->adopted_until : 0,
        .configurations_known = true,
        .bundle_stands = replica->standing_since >= 0,
        .standing = replica->standing_since >= 0 ? world->now - replica->standing_since : 0,
    };
    struct plan plan = plan_next(&facts, &settings, now, 0);
    if (plan.step != PLAN_WAIT)
        prepare(world, replica, plan.step, now);
}

/* Killed and started anew: it knows nothing, and serves nothing until it has looked. What it had
 * sent may be carried out nevertheless, by nobody's order. */
static void kill_replica(struct world *world, struct replica *replica, struct call *orphan)
{
    if (replica->call.under_way && happens(2))
        *orphan = replica->call;
    *replica = (struct replica){
        .looks_at = world->now, .skew = (int64_t)number(5) - 2, .standing_since = -1};
    replica->view.secret.condition = PLAN_SECRET_UNKNOWN;
}

/* --- Runs ------------------------------------------------------------------------------------- */

struct troubles {
    uint32_t kill, new_leader, delete_secret; /* once in so many ticks; 0: never */
};

static void trouble(struct world *world, const struct troubles *troubles, struct call *orphan)
{
    if (troubles->new_leader && happens(troubles->new_leader))
        world->leads = 1U << number(REPLICAS);
    if (troubles->new_leader && happens(4 * troubles->new_leader))
        world->leads |= 1U << number(REPLICAS); /* two at a time: one does not know yet */
    if (troubles->kill && happens(troubles->kill))
        kill_replica(world, &world->replicas[number(REPLICAS)], orphan);
    if (troubles->delete_secret && happens(troubles->delete_secret)) {
        world->secret.condition = happens(2) ? PLAN_SECRET_ABSENT : PLAN_SECRET_DAMAGED;
        world->secret.version++;
    }
}

static void run(uint64_t from, const struct troubles *troubles)
{
    struct world *world = xcalloc(1, sizeof(*world));
    struct call orphan = {0};
    seed = from;
    world->now = 1000000;
    world->secret.condition = PLAN_SECRET_ABSENT;
    world->leads = 1;
    for (int i = 0; i < REPLICAS; i++)
        kill_replica(world, &world->replicas[i], &orphan);
    while (world->promoted < ROTATIONS) {
        world->now += TICK;
        if (world->now > INT64_C(1000) * settings.authority_life * ROTATIONS * 2)
            ck_abort_msg("authorities are not renewed");
        trouble(world, troubles, &orphan);
        if (orphan.under_way && orphan.at <= world->now)
            carry_out(world, &orphan);
        for (int i = 0; i < REPLICAS; i++) {
            struct replica *replica = &world->replicas[i];
            look(world, replica);
            if (world->leads & 1U << i)
                lead(world, replica);
            if (replica->call.under_way && replica->call.at <= world->now)
                carry_out(world, &replica->call);
        }
        check(world);
    }
    ck_assert_uint_gt(world->renewed + world->promoted, ROTATIONS);
    ck_assert(!troubles->delete_secret || world->remade > 1);
    free(world);
}

START_TEST(rotates_without_troubles)
{
    for (uint64_t from = 1; from <= 5; from++)
        run(from, &(struct troubles){0});
}
END_TEST

START_TEST(survives_killed_and_changing_leaders)
{
    for (uint64_t from = 1; from <= 10; from++)
        run(from, &(struct troubles){.kill = 300, .new_leader = 200});
}
END_TEST

START_TEST(survives_a_secret_that_is_deleted_or_damaged)
{
    for (uint64_t from = 1; from <= 10; from++)
        run(from, &(struct troubles){.kill = 400, .new_leader = 400, .delete_secret = 1500});
}
END_TEST

SUITE("certificate_changeover", rotates_without_troubles, survives_killed_and_changing_leaders,
      survives_a_secret_that_is_deleted_or_damaged)
