package dev.slipway.protocol;

import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;

/** The calls between the services: implemented by the dispatcher, called by executors and connector with the internal token. */
public final class Internal {
    private Internal() {}

    /** What executors call. */
    @Path("/internal/v1")
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    public interface ForExecutors {
        /** Held for up to 3 s while there is nothing to do; 409 for an older incarnation or sequence number. */
        @POST
        @Path("/executors/{executor}/sync")
        SyncAnswer sync(@PathParam("executor") String executor, ExecutorSync sync);

        /** Appends output; the answer says how much is stored, whether or not these bytes were taken. */
        @POST
        @Path("/executions/{execution}/logs")
        LogAppend.Position appendLogs(@PathParam("execution") String execution, LogAppend append);
    }

    /** What the connector calls. */
    @Path("/internal/v1")
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    public interface ForConnectors {
        /** Held for up to 3 s while there is nothing to write; 409 for an older incarnation or sequence number. */
        @POST
        @Path("/connectors/{connector}/sync")
        ConnectorSync.Answer sync(@PathParam("connector") String connector, ConnectorSync sync);

        /** Durable once answered; 429 at capacity, 400 and 413 when it can never be taken, 503 when it cannot be stored now. */
        @POST
        @Path("/tasks")
        TaskSubmission.Answer submit(TaskSubmission submission);

        /** Cancels every open execution of the task; the answer counts them. */
        @POST
        @Path("/tasks/{task}/cancel")
        CancelAnswer cancel(@PathParam("task") String task);
    }

    /** @param cancelled how many open executions the call stopped or is stopping */
    public record CancelAnswer(int cancelled) {}
}
