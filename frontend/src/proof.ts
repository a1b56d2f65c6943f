/** The page of an episode's proof: it needs its styles and nothing that runs. */
import "./styles/proof.css";
