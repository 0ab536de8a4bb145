print("ygg")
