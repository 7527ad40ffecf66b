/**
 * Multiple choice by log-likelihood: questions on disk, the prompts of MMLU, and accuracy with its interval. {@link
 * io.espalier.actors.choices.MultipleChoice} asks a model that the caller has opened, on the caller's thread.
 */
package io.espalier.actors.choices;
