"""What pytest must not import: the RTSP server runs under Debian's Python, which alone has PyGObject."""

collect_ignore = ["rtsp_server_child.py"]
