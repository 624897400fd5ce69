// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A host that answers as a scenario says, with the lines of its release: S1 to S4 once more. */
final class StoryHost {
    private final Flow flow;
    private final Start start;
    private final List<Outcome> outcomes;
    private final Deque<Event> actions;
    private final List<Answer> answers = new ArrayList<>();
    private final StringBuilder lines = new StringBuilder();
    private final Map<String, Integer> issued = new HashMap<>();
    private final Map<String, Integer> current = new HashMap<>();
    private Instant now = Instant.EPOCH;

    private record Answer(long ticket, int step, Event event) {}

    StoryHost(Flow flow, Scenario scenario) {
        this.flow = flow;
        start = scenario.start().withAt(now);
        outcomes = scenario.outcomes();
        actions = new ArrayDeque<>(scenario.actions().stream()
                .sorted(Comparator.comparing(Event::at)).toList());
    }

    /** The place of a hook in its list, from 1: a list may have a name twice. */
    private int place(RunHook hook) {
        String list = hook.point().word() + " " + hook.environment();
        List<String> names = flow.hooks(hook.point(), hook.environment());
        int first = current.getOrDefault(list, 0);
        for (int i = 0; i < names.size(); ++i) {
            int place = (first + i) % names.size();
            String key = list + " " + place;
            if (names.get(place).equals(hook.hook())
                    && issued.getOrDefault(key, 0) + 1 == hook.attempt()) {
                issued.put(key, hook.attempt());
                current.put(list, place);
                return place + 1;
            }
        }
        throw new AssertionError("no place for " + hook);
    }

    private static boolean fits(Object wanted, Object got) {
        return wanted == null || wanted.equals(0) || wanted.equals(got);
    }

    private Outcome outcome(String hook, Point point, String environment, int attempt,
            int place) {
        return outcomes.stream().filter(rule -> (rule.hook() == null ? hook == null
                : rule.hook().equals(hook)) && fits(rule.attempt(), attempt)
                && fits(rule.place(), place) && fits(rule.point(), point)
                && fits(rule.environment(), environment)).findFirst()
                .orElse(new Outcome(null, null, null, null, null, Duration.ZERO, null, 0, null,
                        Duration.ZERO, 0));
    }

    private void schedule(Command command) {
        Outcome rule;
        if (command instanceof RunHook hook) {
            rule = outcome(hook.hook(), hook.point(), hook.environment(), hook.attempt(),
                    place(hook));
        } else {
            Promote promote = (Promote) command;
            rule = outcome(null, null, promote.environment(), promote.attempt(), 0);
        }
        long ticket = command.ticket();
        Instant at = now;
        if (rule.suspend() != null) {
            answers.add(new Answer(ticket, 0, new Event.Suspended(ticket, at)));
            at = at.plus(rule.suspend());
            answers.add(new Answer(ticket, 1, new Event.Resumed(ticket, null, at)));
        }
        at = at.plus(rule.after());
        answers.add(new Answer(ticket, 2, answer(command, rule, at)));
        if (rule.failInSoak() != null && rule.fail() == null && command instanceof Promote) {
            answers.add(new Answer(ticket, 3, new Event.PromotionFailed(ticket,
                    rule.failInSoak(), at.plus(rule.failInSoakAfter()))));
        }
    }

    private static Event answer(Command command, Outcome rule, Instant at) {
        long ticket = command.ticket();
        if (command instanceof RunHook) {
            return rule.fail() != null ? new Event.HookFailed(ticket, rule.fail(), null, at)
                    : new Event.HookSucceeded(ticket, rule.context(), at);
        }
        return rule.fail() != null ? new Event.PromotionFailed(ticket, rule.fail(), at)
                : new Event.PromotionSucceeded(ticket, at);
    }

    private void take(Release release) {
        for (Batch.Entry entry : release.entries()) {
            if (!(entry.what() instanceof ReleaseRecord.Applied applied
                    && applied.event() instanceof Event.Tick)) {
                lines.append(entry.line()).append('\n');
            }
            if (entry.what() instanceof ReleaseRecord.Issued record) {
                if (record.command() instanceof Cancel cancel) {
                    answers.removeIf(one -> one.ticket() == cancel.ticket());
                } else {
                    schedule(record.command());
                }
            }
        }
    }

    String run(boolean restore) {
        Release release;
        try {
            release = flow.release(start::make, 0L);
        } catch (InvalidContextException refused) {
            return "";
        }
        take(release);
        while (!(release.isFinal() && actions.isEmpty())) {
            answers.sort(Comparator.comparing((Answer one) -> one.event().at())
                    .thenComparing(Answer::ticket).thenComparing(Answer::step));
            Instant next = actions.isEmpty() ? Instant.MAX : actions.peek().at();
            if (!answers.isEmpty() && answers.get(0).event().at().isBefore(next)) {
                next = answers.get(0).event().at();
            }
            Instant timer = release.nextTimer().orElse(null);
            Event event;
            boolean isAction = false;
            int step = -1;
            if (timer != null && !timer.isAfter(next)) {
                event = new Event.Tick(timer);
            } else if (next.equals(Instant.MAX)) {
                break;
            } else if (!actions.isEmpty() && actions.peek().at().equals(next)) {
                event = actions.remove();
                isAction = true;
            } else {
                Answer answer = answers.remove(0);
                event = answer.event();
                step = answer.step();
            }
            now = event.at();
            release = restore ? restored(release) : release;
            apply(release, event, isAction, step);
            take(release);
        }
        release.close();
        return lines.toString();
    }

    private Release restored(Release release) {
        String snapshot = release.snapshot();
        release.close();
        Release twin = flow.release((call, address) ->
                call.make("promoflow_release_restore", address, call.text(snapshot)), 0L);
        twin.commands().forEach(command -> { });  // They run already.
        return twin;
    }

    private void apply(Release release, Event event, boolean isAction, int step) {
        try {
            release.apply(event);
        } catch (RefusedException refused) {
            if (!isAction) {  // It soaks no more.
                assertEquals(3, step);
                assertEquals("settled-ticket", refused.code());
                return;
            }
            String by = event instanceof Event.Terminate one ? one.by()
                    : event instanceof Event.Retry two ? two.by() : ((Event.Skip) event).by();
            lines.append("{\"t\":").append(now.toEpochMilli()).append(",\"event\":\"refused\",")
                    .append("\"action\":\"")
                    .append(event.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT))
                    .append("\",\"error\":\"").append(refused.code()).append('"')
                    .append(by == null ? "" : ",\"by\":" + JsonText.quote(by)).append("}\n");
        }
    }
}
