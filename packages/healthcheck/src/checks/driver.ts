import { HealthcheckError } from '../errors.ts';

/** Loads an optional driver the first time a check needs it; without it the check can never pass, and says so. */
export async function loadDriver<T>(driver: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const explanation = {
      doing: `loading the driver '${driver}'`,
      found: 'it cannot be imported',
      fix: `install it (npm install ${driver}), or give the check a client of yours`,
    };
    throw new HealthcheckError('driver-missing', explanation, { cause });
  }
}
