/**
 * The part of one rank in a job that spans processes. A {@link io.espalier.actors.host.TeacherHost} serves a stage of a
 * teacher over links, a {@link io.espalier.actors.host.StudentHost} runs a student on a thread of its own; both are
 * actors, greet the coordinator and do what it tells them. The meaning of a job's description comes in as {@link
 * io.espalier.actors.host.JobPrograms}.
 */
package io.espalier.actors.host;
