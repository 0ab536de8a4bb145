import YggCommands

await YggCommandLine.main()
