/** Runs tasks as Jobs of a Kubernetes cluster. */
@NullMarked
package dev.slipway.executor.k8s;

import org.jspecify.annotations.NullMarked;
