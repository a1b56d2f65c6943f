/** The home page. */
export {};
