type Class = abstract new (...args: never[]) => object;

/**
 * Lets `instanceof` recognise a class by name, whichever copy of the class created the object: every package bundles
 * a copy of this one, and two versions of a package may be installed. A subclass that is not branded itself is
 * recognised as usual.
 */
export function brand(type: Class, name: string): void {
  const mark = Symbol.for(`@cutover/${name}`);
  const isInstance = Function.prototype[Symbol.hasInstance];
  Object.defineProperty(type.prototype, mark, { value: true });
  Object.defineProperty(type, Symbol.hasInstance, {
    value(this: Class, value: unknown): boolean {
      return this === type ? mark in Object(value) : isInstance.call(this, value);
    },
  });
}
