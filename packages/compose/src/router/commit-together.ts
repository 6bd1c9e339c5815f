export type Confirm = () => Promise<void>;

/**
 * One commit on several routers: each is held at the moment in which it is prepared until all are; then `confirm` is
 * asked, once, and all commit. Where one cannot be prepared, or `confirm` rejects, none does. One that has to try again
 * asks for itself.
 */
export async function commitTogether(
  commits: readonly ((prepared: Confirm) => Promise<void>)[],
  confirm: Confirm,
): Promise<void> {
  let missing = commits.length;
  let refusal: { readonly error: unknown } | undefined;
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const refuse = (error: unknown) => {
    refusal ??= { error };
    open();
  };
  const arrive = async () => {
    if (--missing === 0) await confirm().then(open, refuse);
    await gate;
    if (refusal) throw refusal.error;
  };
  const ends = await Promise.allSettled(
    commits.map(async (commit) => {
      let isPrepared = false;
      try {
        await commit(() => {
          if (isPrepared) return confirm();
          isPrepared = true;
          return arrive();
        });
        // One that had nothing to commit keeps the others waiting no longer.
        if (!isPrepared) await arrive();
      } catch (error) {
        if (!isPrepared) refuse(error);
        throw error;
      }
    }),
  );
  if (refusal) throw (refusal as { error: unknown }).error;
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
}
