print("halite")
