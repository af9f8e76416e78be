/** When an open job will be looked at next, as its operation's plan has it; it may be sooner, together with others. */
export function plannedLook(createdAt: number, looks: readonly number[], now: number): number | undefined {
  const age = (now - createdAt) / 1000;
  const next = looks.find((look) => look > age);
  return next === undefined ? undefined : createdAt + next * 1000;
}
