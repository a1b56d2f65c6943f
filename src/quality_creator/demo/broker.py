"""A broker for the demonstration's laboratory, where mosquitto is installed."""

import os
import shutil
import subprocess
from pathlib import Path

from quality_creator.model.errors import BadInput


def program(folder: Path, port: int, user: str, password: str) -> list[str]:
    """What starts a broker that only this user may use; its files go into the folder.

    Raises:
        BadInput: there is no mosquitto.
    """
    search = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    broker, passwd = shutil.which("mosquitto", path=search), shutil.which("mosquitto_passwd", path=search)
    if broker is None or passwd is None:
        raise BadInput("--mqtt: mosquitto is not installed; leave the option out and all readings are posted")
    secrets, file = folder / "mosquitto.passwords", folder / "mosquitto.conf"
    secrets.unlink(missing_ok=True)
    subprocess.run([passwd, "-b", "-c", str(secrets), user, password], check=True, capture_output=True)
    secrets.chmod(0o600)
    lines = [
        f"listener {port} 127.0.0.1",
        "allow_anonymous false",
        f"password_file {secrets.resolve()}",
    ]
    if os.name == "posix" and os.geteuid() == 0:
        lines.append("user root")  # else it becomes another user, who may not read the passwords
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return [broker, "-c", str(file)]
