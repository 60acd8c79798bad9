/** What a promise rejects with; throws when it does not. */
// biome-ignore lint/suspicious/noExplicitAny: an error of any class, whose fields the test then looks at
export async function rejection(promise: Promise<unknown>): Promise<any> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('the promise was expected to reject, and resolved')
}
