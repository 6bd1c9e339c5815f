import { type Explanation, messageOf } from './explained-error.ts';

/** What needs a driver, and what a user can give in its place: "your own client". */
export interface DriverNeed {
  readonly driver: string;
  readonly doing: string;
  readonly instead: string;
}

/** Imports an optional peer when it is first needed; `refuse` creates the caller's error. */
export async function loadDriver<T>(
  { driver, doing, instead }: DriverNeed,
  load: () => Promise<T>,
  refuse: (explanation: Explanation, cause: unknown) => Error,
): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    // An installed driver may itself miss a module.
    const isMissing =
      /^(ERR_)?MODULE_NOT_FOUND$/.test(String(Object(cause).code)) && messageOf(cause).includes(driver);
    const [found, fix] = isMissing
      ? [`the package ${driver} is not installed`, `npm install ${driver}`]
      : [`the package ${driver} cannot be loaded: ${messageOf(cause)}`, `npm rebuild ${driver}`];
    throw refuse({ doing, found, fix: `${fix}, or pass ${instead}` }, cause);
  }
}
