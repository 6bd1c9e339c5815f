/** Whether an error says of itself, with `permanent: true`, that what failed can never become good by waiting. */
export const isPermanent = (error: unknown): boolean =>
  (Object(error) as { permanent?: unknown }).permanent === true;
