/**
 * Teachers on other ranks, as a student reaches them. {@link io.espalier.actors.teacher.TeacherPool} is the actor that
 * chooses a teacher for each batch, asks again when one dies or is late, and owns the links; the graph asks it through
 * a {@link io.espalier.actors.teacher.PoolPort}, and whoever asks owns the signal. {@link
 * io.espalier.actors.teacher.AeronLinks} opens links over the transport.
 */
package io.espalier.actors.teacher;
