/** Multiple choice by log-likelihood: questions on disk, the prompts of MMLU, and accuracy with its interval. */
package io.espalier.actors.choices;
