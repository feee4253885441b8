"""Japan's public personal authentication service (JPKI, 公的個人認証サービス) in Python."""
