/**
 * Classes of the JVM that are made to hand a call on: those of lambdas, which have one name for all of a
 * class (`Rules$$Lambda.apply`), and those of proxies (Spring, Guice, `java.lang.reflect`).
 */
const HANDS_ON = /\$\$(?:Lambda|EnhancerBy|FastClassBy|SpringCGLIB)|GUICE\$TRAMPOLINE|\$Proxy(?:\d+|_)?[./]/;

/** Whether a function was generated to hand a call on, so that its name says nothing about who calls. */
export function handsOn(name: string): boolean {
  // Few names have a dollar sign.
  return name.includes('$') && HANDS_ON.test(name);
}
