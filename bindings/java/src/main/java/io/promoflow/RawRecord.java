// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/** The members of a record as the library gives them, until it is known which kind it is. */
final class RawRecord {
    static final int REFUSED = 25;

    int kind;
    long at;
    long ticket;
    long earlier;
    int status;
    String environment;
    String text;
    String context;
    String by;
    boolean force;
    List<String> environments;

    int commandKind;
    int point;
    int attempt;
    int policyAction;
    String hook;
    String preAction;
    String postAction;
    String hookContext;
    Map<String, String> arguments;
    /** Of REFUSED: the name of the status. */
    String refusal;

    ReleaseRecord record() {
        Instant when = Instant.ofEpochMilli(at);
        return switch (kind) {
            case 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 ->
                    new ReleaseRecord.Applied(event(when));
            case 20 -> new ReleaseRecord.ReleaseChanged(ReleaseStatus.of(status), given(text),
                    when);
            case 21 -> new ReleaseRecord.EnvironmentChanged(environment,
                    EnvironmentStatus.of(status), given(text), when);
            case 22, 23, 24 -> new ReleaseRecord.Issued(command(), when);
            case REFUSED -> new ReleaseRecord.Refused(text, refusal, by, when);
            case 26 -> new ReleaseRecord.Soaked(ticket, when);
            case 27 -> new ReleaseRecord.Conflict(text, earlier, ticket, when);
            case 28 -> new ReleaseRecord.Shadowed(text, ticket, when);
            default -> throw new PromoflowException("internal", "promoflow.wasm",
                    "a record of unknown kind " + kind);
        };
    }

    private Event event(Instant when) {
        return switch (kind) {
            case 1 -> new Event.Tick(when);
            case 2 -> new Event.HookSucceeded(ticket, context, when);
            case 3 -> new Event.HookFailed(ticket, given(text), context, when);
            case 4 -> new Event.PromotionSucceeded(ticket, when);
            case 5 -> new Event.PromotionFailed(ticket, given(text), when);
            case 6 -> new Event.Suspended(ticket, when);
            case 7 -> new Event.Resumed(ticket, by, when);
            case 8 -> new Event.Terminate(given(text), force, by, when);
            case 9 -> new Event.Retry(environments, by, when);
            case 10 -> new Event.Queued(ticket, when);
            case 11 -> new Event.Started(ticket, when);
            default -> new Event.Skip(environment, given(text), by, when);
        };
    }

    Command command() {
        return switch (commandKind) {
            case 1 -> new RunHook(ticket, hook, Point.of(point), environment, attempt, arguments,
                    hookContext);
            case 2 -> new Promote(ticket, environment, attempt,
                    policyAction == 0 && preAction == null && postAction == null ? Policy.NONE
                            : new Policy(PolicyAction.of(policyAction), preAction, postAction));
            default -> new Cancel(ticket);
        };
    }

    private static String given(String text) {
        return text == null ? "" : text;
    }
}
