/** A planned episode's page waits for its beginning, then turns into the live one. */

const PLANNED_EVERY_MS = 5_000;

/** Load the page anew once its episode is on air. */
export async function untilOnAir(root: HTMLElement): Promise<void> {
  for (;;) {
    await new Promise((done) => setTimeout(done, PLANNED_EVERY_MS));
    try {
      const answer = await fetch(location.pathname, { headers: { accept: "text/html" } });
      if (answer.ok && !(await answer.text()).includes('data-state="planned"')) {
        location.reload();
        return;
      }
    } catch {
      // The hub is away; it is asked again.
    }
    if (!root.isConnected) return;
  }
}
