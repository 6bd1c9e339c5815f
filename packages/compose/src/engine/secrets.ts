import { redact } from '@cutover/internal';

const SECRET_NAME = /pass|secret|token|key|credential|auth|dsn|_url$/i;
// Shorter values occur in ordinary text.
const SHORTEST = 6;

export const isSecretName = (name: string): boolean => SECRET_NAME.test(name);

/** `text` without the values of variables whose names sound secret, and without logins. */
export function maskSecrets(text: string, environment: readonly string[]): string {
  const values = environment.flatMap((assignment) => {
    const at = assignment.indexOf('=');
    const value = assignment.slice(at + 1);
    return isSecretName(assignment.slice(0, at)) && value.length >= SHORTEST ? [value] : [];
  });
  return redact(text, values);
}
