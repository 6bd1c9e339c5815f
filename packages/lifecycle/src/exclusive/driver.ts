import { LifecycleError } from '../errors.ts';

/** The refusal of a URL whose driver cannot be imported. */
export const missing = (driver: string, cause: unknown): LifecycleError =>
  new LifecycleError(
    'driver-missing',
    {
      doing: 'opening the store of a lock',
      found: `the package ${driver} is not installed`,
      fix: `npm install ${driver}, or pass a client`,
    },
    { cause },
  );
