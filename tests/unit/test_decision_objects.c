/* GMSACredentialSpec objects (/validate-credspec) and workloads (/warn). */
#include "lib/common/memory.h"
#include "tests/support/decide.h"
#include "tests/support/suite.h"

static struct world world;

static const char *spec_object(const char *sid, const char *scopes, const char *more)
{
    return arena_format(
        &world.arena,
        "{'apiVersion':'windows.k8s.io/v1','kind':'GMSACredentialSpec','metadata':{'name':'web'%s},"
        "'credspec':{'CmsPlugins':['ActiveDirectory'],'DomainJoinConfig':{'Sid':'%s',"
        "'MachineAccountName':'web','Guid':'7d4f0c1e-5b7a-4b0e-9c36-2f1a8e60d7b3','DnsTreeName':"
        "'contoso.com','DnsName':'contoso.com','NetBiosName':'CONTOSO'},'ActiveDirectoryConfig':{"
        "'GroupManagedServiceAccounts':[%s]}}}",
        more, sid, scopes);
}

#define SCOPES    "{'Name':'web','Scope':'contoso.com'},{'Name':'web','Scope':'CONTOSO'}"
#define ONLY_NTLM "{'Name':'web','Scope':'CONTOSO'}"
#define SID       "S-1-5-21-1987540392-1215364810-3376921054"

static const struct verdict *judge(const char *operation, const char *object, const char *old)
{
    return decide_request(
        &world, ENDPOINT_VALIDATE_CREDSPEC,
        arena_format(&world.arena,
                     "'kind':{'group':'windows.k8s.io','version':'v1','kind':'GMSACredentialSpec'},"
                     "'resource':{'group':'windows.k8s.io','version':'v1','resource':"
                     "'gmsacredentialspecs'},'name':'web','operation':'%s','object':%s,"
                     "'oldObject':%s",
                     operation, object, old ? old : "null"));
}

START_TEST(specs_at_create)
{
    world_open(&world);
    const struct verdict *good = judge("CREATE", spec_object(SID, SCOPES, ""), NULL);
    expect_allowed(good);
    ck_assert_str_eq(good->reason, "permitted");
    ck_assert_uint_eq(good->spec_count, 1);
    ck_assert(slice_is(good->spec_names[0], "web"));
    expect_refused(judge("CREATE", spec_object("x", SCOPES, ""), NULL), 422, "spec-object-invalid",
                   "/credspec/DomainJoinConfig/Sid");
    expect_refused(judge("CREATE",
                         "{'apiVersion':'windows.k8s.io/v1','kind':'GMSACredentialSpec',"
                         "'metadata':{'name':'web'},'credspec':{}}",
                         NULL),
                   422, "spec-object-invalid", "more error");
    const struct verdict *warned = judge("CREATE", spec_object(SID, ONLY_NTLM, ""), NULL);
    expect_allowed(warned);
    ck_assert_uint_ge(warned->warning_count, 1);
    expect_warning(warned, "[CS");
    world_close(&world);
}
END_TEST

#define USERS(name, allowed)                                                                       \
    "{'apiVersion':'windows.k8s.io/v1','kind':'GMSACredentialSpec','metadata':{'name':'web'},"     \
    "'runAsUserName':'" name "','allowedRunAsUserNames':['" allowed "']}"

START_TEST(specs_at_update)
{
    world_open(&world);
    const char *broken = spec_object("x", SCOPES, "");
    const char *labelled = spec_object("x", SCOPES, ",'labels':{'a':'b'}");
    const struct verdict *same = judge("UPDATE", labelled, broken);
    expect_allowed(same);
    ck_assert_str_eq(same->reason, "unchanged");
    expect_warning(same, "/credspec/DomainJoinConfig/Sid");
    expect_refused(judge("UPDATE", broken, spec_object(SID, SCOPES, "")), 422,
                   "spec-object-invalid", "Sid");
    expect_allowed(judge("UPDATE", spec_object(SID, SCOPES, ""), broken));
    /* Every one of the fields counts. */
    static const char *const users[] = {
        USERS("x", "1"), USERS("y", "1"), /* another default */ USERS("x", "2"), /* another list */
    };
    for (size_t i = 0; i < 3; i++) {
        const struct verdict *verdict = judge("UPDATE", users[i], users[0]);
        if (i == 0)
            expect_allowed(verdict);
        else
            expect_refused(verdict, 422, "spec-object-invalid", "");
    }
    world_close(&world);
}
END_TEST

START_TEST(invalid_specs_can_be_let_through)
{
    world_open(&world);
    world.settings.warn_on_invalid_specs = true;
    const struct verdict *verdict = judge("CREATE", spec_object("x", SCOPES, ""), NULL);
    expect_allowed(verdict);
    ck_assert_str_eq(verdict->reason, "advice-only");
    expect_warning(verdict, "/credspec/DomainJoinConfig/Sid");
    world_close(&world);
}
END_TEST

START_TEST(spec_requests_must_be_well_formed)
{
    world_open(&world);
    expect_refused(judge("CREATE", "null", NULL), 400, "malformed-request", "object is missing");
    expect_refused(judge("UPDATE", spec_object(SID, SCOPES, ""), NULL), 400, "malformed-request",
                   "oldObject is missing");
    expect_refused(judge("CREATE", "{'apiVersion':'v1','kind':'ConfigMap'}", NULL), 400,
                   "malformed-request", "another kind");
    expect_refused(judge("CREATE",
                         "{'apiVersion':'windows.k8s.io/v1','kind':'GMSACredentialSpec','a':1,"
                         "'a':2}",
                         NULL),
                   400, "malformed-request", "object");
    world_close(&world);
}
END_TEST

/* --- /warn --------------------------------------------------------------------------------------
 */

static const struct {
    const char *group, *resource, *kind, *form; /* %s: the template */
} workloads[] = {
    {"apps", "deployments", "Deployment", "'spec':{'template':%s}"},
    {"apps", "statefulsets", "StatefulSet", "'spec':{'template':%s}"},
    {"apps", "daemonsets", "DaemonSet", "'spec':{'template':%s}"},
    {"apps", "replicasets", "ReplicaSet", "'spec':{'template':%s}"},
    {"batch", "jobs", "Job", "'spec':{'template':%s}"},
    {"batch", "cronjobs", "CronJob", "'spec':{'jobTemplate':{'spec':{'template':%s}}}"},
    {"", "podtemplates", "PodTemplate", "'template':%s"},
    {"", "replicationcontrollers", "ReplicationController", "'spec':{'template':%s}"},
};

static const char *workload(size_t row, const char *template, const char *metadata)
{
    const char *form = workloads[row].form;
    const char *hole = strstr(form, "%s");
    return arena_format(&world.arena,
                        "{'apiVersion':'%s%sv1','kind':'%s','metadata':{%s},%.*s%s%s}",
                        workloads[row].group, *workloads[row].group ? "/" : "", workloads[row].kind,
                        metadata, (int)(hole - form), form, template, hole + 2);
}

static const struct verdict *warn(size_t row, const char *operation, const char *object,
                                  const char *old)
{
    return decide_request(
        &world, ENDPOINT_WARN,
        arena_format(&world.arena,
                     "'kind':{'group':'%s','version':'v1','kind':'%s'},'resource':{"
                     "'group':'%s','version':'v1','resource':'%s'},'namespace':'shop',"
                     "'operation':'%s','object':%s,'oldObject':%s",
                     workloads[row].group, workloads[row].kind, workloads[row].group,
                     workloads[row].resource, operation, object, old ? old : "null"));
}

#define TEMPLATE(name)                                                                             \
    "{'spec':{'os':{'name':'windows'},'serviceAccountName':'webapp','securityContext':{"           \
    "'windowsOptions':{'gmsaCredentialSpecName':'" name "'}},'containers':[{'name':'web'}]}}"

START_TEST(workloads_are_warned_about)
{
    world_open(&world);
    for (size_t i = 0; i < ARRAY_LENGTH(workloads); i++) {
        const struct verdict *verdict =
            warn(i, "CREATE", workload(i, TEMPLATE("secret"), ""), NULL);
        expect_allowed(verdict);
        ck_assert_str_eq(verdict->reason, "advice-only");
        expect_warning(verdict,
                       "pod: service account \"shop/webapp\" is not authorised to \"use\"");
        verdict = warn(i, "CREATE", workload(i, TEMPLATE("webapp01"), ""), NULL);
        expect_allowed(verdict);
        ck_assert_ptr_null(verdict->patch);
        ck_assert_uint_eq(verdict->warning_count, 0);
        /* A template that stays as it was, in another order and with other metadata around it. */
        const char *same = "{'spec':{'containers':[{'name':'web'}],'os':{'name':'windows'},"
                           "'serviceAccountName':'webapp','securityContext':{'windowsOptions':{"
                           "'gmsaCredentialSpecName':'secret'}}}}";
        verdict = warn(i, "UPDATE", workload(i, same, "'labels':{'a':'b'}"),
                       workload(i, TEMPLATE("secret"), ""));
        expect_allowed(verdict);
        ck_assert_uint_eq(verdict->warning_count, 0);
        verdict = warn(i, "UPDATE", workload(i, TEMPLATE("absent"), ""),
                       workload(i, TEMPLATE("secret"), ""));
        expect_warning(verdict, "GMSACredentialSpec \"absent\" does not exist");
    }
    world_close(&world);
}
END_TEST

START_TEST(all_reasons_of_a_kind_are_told)
{
    world_open(&world);
    const struct verdict *verdict =
        warn(0, "CREATE",
             workload(0,
                      "{'spec':{'containers':[{'name':'a','securityContext':{'windowsOptions':{"
                      "'gmsaCredentialSpecName':'A'}}},{'name':'b','securityContext':{"
                      "'windowsOptions':{'gmsaCredentialSpecName':'B'}}}]}}",
                      ""),
             NULL);
    expect_allowed(verdict);
    expect_warning(verdict, "container \"a\": gmsaCredentialSpecName: Invalid value: \"A\"");
    expect_warning(verdict, "container \"b\": gmsaCredentialSpecName: Invalid value: \"B\"");
    for (size_t i = 0; i < verdict->warning_count; i++)
        ck_assert_uint_le(strlen(verdict->warnings[i]), VERDICT_WARNING_MAX);
    world_close(&world);
}
END_TEST

START_TEST(warn_never_refuses)
{
    static const char *const templates[] = {
        "null", "1", "{'spec':1}", "{'spec':{'containers':[1]}}", "{}",
    };
    world_open(&world);
    for (size_t i = 0; i < ARRAY_LENGTH(templates); i++)
        expect_allowed(warn(0, "CREATE", workload(0, templates[i], ""), NULL));
    expect_allowed(warn(0, "CREATE", "null", NULL));
    expect_allowed(warn(0, "CREATE", "{'apiVersion':'v1','kind':'Pod'}", NULL));
    expect_allowed(warn(0, "UPDATE", workload(0, TEMPLATE("secret"), ""), NULL));
    expect_allowed(warn(0, "CREATE", workload(0, TEMPLATE("unsure"), ""), NULL));
    world_close(&world);
}
END_TEST

SUITE("decision_objects", specs_at_create, specs_at_update, invalid_specs_can_be_let_through,
      spec_requests_must_be_well_formed, workloads_are_warned_about, all_reasons_of_a_kind_are_told,
      warn_never_refuses)
