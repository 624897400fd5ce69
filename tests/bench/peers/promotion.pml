/* SPDX-License-Identifier: Apache-2.0
   The flow of explorations.cpp, by hand for SPIN: dev -> staging -> nine regions -> archive, under
   failFast. Every command succeeds or fails; -DFAILURES=N: at most N of them fail in a run. What
   the library's state has and SPIN's search does not need is here, too: `spin -a -o2` keeps it, and
   has exactly as many states. */
#define PENDING 0
#define STARTING 1  /* The onStart hook runs. */
#define WORKING 2   /* The promotion runs. */
#define FINISHING 3 /* The onSuccess hook, or of the release its first one. */
#define LAST 4      /* The release's second onSuccess hook. */
#define DONE 5
#define FAILING 6   /* The onFail hook runs. */
#define STOPPED 7

#define FIRST 1     /* Of the regions; 0 is staging, 10 is archive. */
#define REGIONS 9

byte pc[11];
byte stopped_in[11];
byte release = STARTING;
byte release_stopped_in;
byte running;   /* Environments that have begun and not ended. */
byte promoted; /* Regions that are done. */
bit failed;    /* An environment has failed: nothing begins any more. */
byte first;    /* The first of them, which the release's onFail hook is told of. */
byte failures;

#ifdef FAILURES
#define FAILS (failures < FAILURES)
#define COUNT failures++
#else
#define FAILS true
#define COUNT skip
#endif

#define END_OF_RELEASE \
  if \
  :: running == 0 && failed -> release = FAILING; release_stopped_in = WORKING \
  :: running == 0 && !failed && pc[10] == DONE -> release = FINISHING \
  :: else \
  fi

#define BEGIN_REGIONS \
  if \
  :: !failed -> \
    pc[1] = STARTING; pc[2] = WORKING; pc[3] = STARTING; pc[4] = WORKING; pc[5] = STARTING; \
    pc[6] = WORKING; pc[7] = STARTING; pc[8] = WORKING; pc[9] = STARTING; running = running + 9 \
  :: else \
  fi

#define FAIL(i) \
  COUNT; stopped_in[i] = pc[i]; pc[i] = FAILING; \
  if :: !failed -> failed = 1; first = i :: else fi

#define STOP(i) \
  pc[i] = STOPPED; running--; END_OF_RELEASE

#define REGION(i) \
  :: d_step { pc[i] == STARTING -> pc[i] = WORKING } \
  :: d_step { pc[i] == STARTING && FAILS -> FAIL(i) } \
  :: d_step { pc[i] == WORKING -> pc[i] = DONE; running--; promoted++; \
       if \
       :: promoted == REGIONS && !failed -> pc[10] = WORKING; running++ \
       :: else \
       fi; \
       END_OF_RELEASE } \
  :: d_step { pc[i] == WORKING && FAILS -> FAIL(i) } \
  :: d_step { pc[i] == FAILING -> STOP(i) } \
  :: d_step { pc[i] == FAILING && FAILS -> COUNT; STOP(i) }

active proctype machine() {
end:
  do
  /* The release's hooks. */
  :: d_step { release == STARTING -> release = WORKING; pc[0] = STARTING; running = 1 }
  :: d_step { release == STARTING && FAILS -> COUNT; release = FAILING;
       release_stopped_in = STARTING }
  :: d_step { release == FINISHING -> release = LAST }
  :: d_step { release == FINISHING && FAILS -> COUNT; release = FAILING;
       release_stopped_in = FINISHING }
  :: d_step { release == LAST -> release = DONE }
  :: d_step { release == LAST && FAILS -> COUNT; release = FAILING; release_stopped_in = LAST }
  :: d_step { release == FAILING -> release = STOPPED }
  :: d_step { release == FAILING && FAILS -> COUNT; release = STOPPED }
  /* staging */
  :: d_step { pc[0] == STARTING -> pc[0] = WORKING }
  :: d_step { pc[0] == STARTING && FAILS -> FAIL(0) }
  :: d_step { pc[0] == WORKING -> pc[0] = FINISHING }
  :: d_step { pc[0] == WORKING && FAILS -> FAIL(0) }
  :: d_step { pc[0] == FINISHING -> pc[0] = DONE; running--; BEGIN_REGIONS }
  :: d_step { pc[0] == FINISHING && FAILS -> FAIL(0) }
  :: d_step { pc[0] == FAILING -> STOP(0) }
  :: d_step { pc[0] == FAILING && FAILS -> COUNT; STOP(0) }
  REGION(1)
  REGION(2)
  REGION(3)
  REGION(4)
  REGION(5)
  REGION(6)
  REGION(7)
  REGION(8)
  REGION(9)
  /* archive, which has no hooks */
  :: d_step { pc[10] == WORKING -> pc[10] = DONE; running--; END_OF_RELEASE }
  :: d_step { pc[10] == WORKING && FAILS -> COUNT; stopped_in[10] = WORKING; pc[10] = STOPPED;
       failed = 1; first = 10; running--; END_OF_RELEASE }
  od
}
