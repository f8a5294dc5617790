package dev.slipway.dispatcher.core;

import java.util.List;

/** What came of an event: changes to store first, then the reply and the answers. */
public record Decision(List<Change> changes, Reply reply, List<Answer> answers) {}
