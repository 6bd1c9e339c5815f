/** Whether an error is marked `permanent: true`: waiting will not fix it. */
export const isPermanent = (error: unknown): boolean =>
  (Object(error) as { permanent?: unknown }).permanent === true;
