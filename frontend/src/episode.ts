/** The episode page. */
export {};
