#include "webhook/kubectl/asker.h"

#include <stdlib.h>

void asker_init(struct asker *asker, struct cluster *cluster)
{
    *asker = (struct asker){.cluster = cluster, .authoriser = authoriser_create(cluster, false)};
}

void asker_release(struct asker *asker)
{
    for (struct asked_spec *spec = asker->specs; spec; spec = spec->next)
        known_spec_drop(spec->spec);
    authoriser_free(asker->authoriser);
    arena_release(&asker->arena);
    *asker = (struct asker){0};
}

static const struct asked_spec *look_up(struct asker *asker, struct slice name)
{
    for (const struct asked_spec *spec = asker->specs; spec; spec = spec->next)
        if (slice_equal(spec->name, name))
            return spec;
    cleanup_error struct error *problem = NULL;
    struct asked_spec *spec = arena_allocate(&asker->arena, sizeof(*spec));
    struct slice json;
    *spec = (struct asked_spec){.next = asker->specs,
                                .name = arena_copy_slice(&asker->arena, name),
                                .lookup = LOOKUP_UNAVAILABLE};
    asker->specs = spec;
    if (cluster_get(asker->cluster, &cluster_specs, NULL, spec->name.data, &asker->arena, &json,
                    &problem) == 0)
        spec->spec = known_spec_read(json, &problem);
    if (spec->spec)
        spec->lookup = LOOKUP_FOUND;
    else if (problem->code == ERROR_NOT_FOUND)
        spec->lookup = LOOKUP_MISSING;
    else
        spec->problem = arena_format(&asker->arena, "%s", problem->message);
    return spec;
}

const struct asked *asker_find(const struct asker *asker,
                               const struct permission_question *question)
{
    for (const struct asked *asked = asker->asked; asked; asked = asked->next)
        if (slice_equal(asked->question.namespace, question->namespace) &&
            slice_equal(asked->question.service_account, question->service_account) &&
            slice_equal(asked->question.spec_name, question->spec_name))
            return asked;
    return NULL;
}

static const struct asked *find_out(struct asker *asker, const struct permission_question *question)
{
    const struct asked *known = asker_find(asker, question);
    if (known)
        return known;
    struct asked *asked = arena_allocate(&asker->arena, sizeof(*asked));
    *asked = (struct asked){
        .next = asker->asked,
        .question = {arena_copy_slice(&asker->arena, question->namespace),
                     arena_copy_slice(&asker->arena, question->service_account),
                     arena_copy_slice(&asker->arena, question->spec_name)},
    };
    asked->permission = authoriser_ask(asker->authoriser, &asked->question);
    asked->spec = look_up(asker, question->spec_name);
    asker->asked = asked;
    return asked;
}

const struct answer *asker_answer(void *context, const struct questions *questions,
                                  struct arena *arena)
{
    struct answer *answers = arena_allocate_array(arena, questions->count, sizeof(*answers));
    for (size_t i = 0; i < questions->count; i++) {
        const struct permission_question question = {
            questions->namespace, questions->service_account, questions->spec_names[i]};
        const struct asked *asked = find_out(context, &question);
        answers[i] = (struct answer){
            .authorisation = asked->permission.authorisation,
            .lookup = asked->spec->lookup,
            .resource = asked->spec->spec ? asked->spec->spec->resource : NULL,
            .detail = asked->permission.detail ? asked->permission.detail : asked->spec->problem,
        };
    }
    return answers;
}
