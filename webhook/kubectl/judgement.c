#include "webhook/kubectl/judgement.h"

#include "lib/common/memory.h"
#include "webhook/decision/reasons.h"
#include "webhook/kubectl/pods.h"
#include "webhook/kubectl/recreate.h"

enum { UNAVAILABLE = 503 };

static void add_note(struct judgement *judgement, const char *text)
{
    if (judgement->note_count < ARRAY_LENGTH(judgement->notes))
        judgement->notes[judgement->note_count++] = text;
}

/* --- As if it were created now ---------------------------------------------------------------- */

/* Answers through the asker, and keeps which specs that was about. */
struct recorder {
    struct asker *asker;
    struct judgement *judgement;
};

static const struct answer *answer(void *context, const struct questions *questions,
                                   struct arena *arena)
{
    struct recorder *recorder = context;
    struct judgement *judgement = recorder->judgement;
    const struct answer *answers = asker_answer(recorder->asker, questions, arena);
    judgement->specs = arena_allocate_array(arena, questions->count, sizeof(judgement->specs[0]));
    judgement->spec_count = questions->count;
    for (size_t i = 0; i < questions->count; i++) {
        const struct permission_question question = {
            questions->namespace, questions->service_account, questions->spec_names[i]};
        judgement->specs[i] = asker_find(recorder->asker, &question);
    }
    return answers;
}

static struct slice service_account_of(const struct node *pod)
{
    const struct node *spec = node_member(pod, "spec");
    struct slice name = node_text(spec, "serviceAccountName");
    if (name.length == 0)
        name = node_text(spec, "serviceAccount");
    return name.length > 0 ? name : slice_of("default");
}

static bool has_grant(const struct node *pod)
{
    const struct node *annotations = node_member(node_member(pod, "metadata"), "annotations");
    return slice_present(node_text(annotations, ANNOTATION_GRANT));
}

/* Something that could not be found out is no refusal. Its message may be cut: this one is whole.
 * The other causes follow as notes, so that all can be mended at once. */
static void tell_unknown(struct judgement *judgement, struct arena *arena)
{
    bool told = false;
    judgement->known = judgement->result.code != UNAVAILABLE;
    for (size_t i = 0; i < judgement->spec_count && !judgement->known; i++) {
        const struct asked *asked = judgement->specs[i];
        if (!told && asked->permission.authorisation == AUTHORISATION_UNAVAILABLE) {
            judgement->result.message = asked->permission.detail;
            told = true;
        }
        if (asked->spec->lookup != LOOKUP_UNAVAILABLE)
            continue;
        if (told)
            add_note(judgement,
                     arena_format(arena, "spec %.*s could not be read: %s",
                                  SLICE_FORMAT(asked->spec->name), asked->spec->problem));
        else
            judgement->result.message = asked->spec->problem;
        told = true;
    }
}

static int judge_creation(struct judge *judge, const struct node *pod, struct arena *arena,
                          struct judgement *judgement, struct error **err)
{
    struct recorder recorder = {judge->asker, judgement};
    struct admission_settings settings = judge->settings;
    const struct admission_request request = {
        .object = pod,
        .subresource = "",
        .namespace = judgement->subject->namespace,
        .user = slice_of("kubectl-gmsa"),
        .number = ++judge->judged,
    };
    settings.answer = answer;
    settings.context = &recorder;
    judgement->service_account = service_account_of(pod);
    if (admission_run(&settings, admission_review(&request, arena), arena, &judgement->result,
                      err) < 0)
        return -1;
    tell_unknown(judgement, arena);
    if (judgement->result.stored && has_grant(judgement->result.stored))
        add_note(judgement, "the grant of the Linux pod is judged without its signature, which "
                            "only the webhook can write");
    return 0;
}

/* --- As it runs ------------------------------------------------------------------------------- */

static int judge_running(struct judge *judge, struct slice json, struct arena *arena,
                         struct judgement *judgement, struct error **err)
{
    struct buffer text = {0};
    struct questions questions;
    struct review *review = arena_allocate(arena, sizeof(*review));
    struct verdict verdict;
    pods_write_review(&text, json, judgement->subject->namespace);
    const char *body = arena_copy(arena, buffer_text(&text), text.length);
    size_t length = text.length;
    buffer_release(&text);
    if (review_read(arena, body, length, review, err) < 0)
        return -1;
    decision_ask(review, ENDPOINT_AUDIT, &judge->running, arena, &questions);
    const struct answer *answers =
        questions.count > 0 ? asker_answer(judge->asker, &questions, arena) : NULL;
    decision_verdict(review, ENDPOINT_AUDIT, &judge->running, &questions, answers, arena, &verdict);
    judgement->runs = true;
    judgement->objections = verdict.objections;
    judgement->objection_count = verdict.objection_count;
    if (judge->grants_problem && review->pod && review->pod->annotation_count > 0)
        add_note(judgement, arena_format(arena, "the grant of the running pod is not verified: %s",
                                         judge->grants_problem));
    return 0;
}

/* A name that an earlier default wrote looks like one that somebody chose. */
static void explain_user_name(struct judgement *judgement)
{
    if (!judgement->result.allowed &&
        slice_is(slice_of(judgement->result.reason), reason_word(REASON_USER_NAME_NOT_ALLOWED)))
        add_note(judgement, "the runAsUserName may be the spec's default of the time when the pod "
                            "was created: ask about its workload to know");
}

int judge_pod_of(struct judge *judge, const struct admission_subject *subject, struct slice running,
                 struct arena *arena, struct judgement *judgement, struct error **err)
{
    *judgement = (struct judgement){.subject = subject};
    bool runs = slice_present(running);
    const struct node *pod = runs ? pod_recreate(arena, subject->pod) : subject->pod;
    if (judge_creation(judge, pod, arena, judgement, err) < 0)
        return -1;
    if (!runs)
        return 0;
    explain_user_name(judgement);
    return judge_running(judge, running, arena, judgement, err);
}
