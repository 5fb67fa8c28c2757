#include "lib/kube/backoff.h"

int64_t backoff_next(struct backoff *backoff, uint32_t random)
{
    if (backoff->step == 0)
        backoff->step = backoff->least;
    else
        backoff->step = backoff->step > backoff->most / 2 ? backoff->most : backoff->step * 2;
    int64_t half = backoff->step / 2;
    return backoff->step - half + (int64_t)((double)half * ((double)random / UINT32_MAX));
}

void backoff_reset(struct backoff *backoff)
{
    backoff->step = 0;
}
