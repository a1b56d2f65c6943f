/** What every page has: the tokens, the type, and times in the reader's own clock. */
import "./styles/tokens.css";
import "./styles/base.css";
